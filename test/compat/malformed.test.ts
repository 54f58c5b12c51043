import { scenarios } from './scenarios/malformed.js';
import { defineScenarios } from './suite.js';

defineScenarios('malformed', scenarios);
