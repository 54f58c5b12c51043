import { scenarios } from './scenarios/broadcast.js';
import { defineScenarios } from './suite.js';

defineScenarios('broadcast', scenarios);
