import { scenarios } from './scenarios/recovery.js';
import { defineScenarios } from './suite.js';

defineScenarios('recovery', scenarios);
