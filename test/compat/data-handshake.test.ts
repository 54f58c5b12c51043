import { scenarios } from './scenarios/data-handshake.js';
import { defineScenarios } from './suite.js';

defineScenarios('data-handshake', scenarios);
