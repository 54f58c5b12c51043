import { scenarios } from './scenarios/sessions.js';
import { defineScenarios } from './suite.js';

defineScenarios('sessions', scenarios);
