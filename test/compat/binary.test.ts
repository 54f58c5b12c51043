import { scenarios } from './scenarios/binary.js';
import { defineScenarios } from './suite.js';

defineScenarios('binary', scenarios);
