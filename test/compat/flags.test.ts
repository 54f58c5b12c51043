import { scenarios } from './scenarios/flags.js';
import { defineScenarios } from './suite.js';

defineScenarios('flags', scenarios);
