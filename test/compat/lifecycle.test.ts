import { scenarios } from './scenarios/lifecycle.js';
import { defineScenarios } from './suite.js';

defineScenarios('lifecycle', scenarios);
