import { scenarios } from './scenarios/parser.js';
import { defineScenarios } from './suite.js';

defineScenarios('parser', scenarios);
