import { scenarios } from './scenarios/listeners.js';
import { defineScenarios } from './suite.js';

defineScenarios('listeners', scenarios);
