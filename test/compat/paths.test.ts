import { scenarios } from './scenarios/paths.js';
import { defineScenarios } from './suite.js';

defineScenarios('paths', scenarios);
