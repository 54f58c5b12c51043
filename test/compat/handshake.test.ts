import { scenarios } from './scenarios/handshake.js';
import { defineScenarios } from './suite.js';

defineScenarios('handshake', scenarios);
