import { scenarios } from './scenarios/server-side-emit.js';
import { defineScenarios } from './suite.js';

defineScenarios('server-side-emit', scenarios);
