import { scenarios } from './client-scenarios/multiplexing.js';
import { defineScenarios } from './suite.js';

defineScenarios('client multiplexing', scenarios);
