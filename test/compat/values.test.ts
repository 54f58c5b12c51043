import { scenarios } from './scenarios/values.js';
import { defineScenarios } from './suite.js';

defineScenarios('values', scenarios);
