import { scenarios } from './scenarios/catch-all.js';
import { defineScenarios } from './suite.js';

defineScenarios('catch-all', scenarios);
