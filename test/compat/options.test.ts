import { scenarios } from './scenarios/options.js';
import { defineScenarios } from './suite.js';

defineScenarios('options', scenarios);
