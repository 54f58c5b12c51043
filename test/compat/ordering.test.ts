import { scenarios } from './scenarios/ordering.js';
import { defineScenarios } from './suite.js';

defineScenarios('ordering', scenarios);
