import { scenarios } from './scenarios/disconnect.js';
import { defineScenarios } from './suite.js';

defineScenarios('disconnect', scenarios);
