import { scenarios } from './scenarios/headers.js';
import { defineScenarios } from './suite.js';

defineScenarios('headers', scenarios);
