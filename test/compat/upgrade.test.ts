import { scenarios } from './scenarios/upgrade.js';
import { defineScenarios } from './suite.js';

defineScenarios('upgrade', scenarios);
