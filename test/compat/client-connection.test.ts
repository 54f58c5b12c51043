import { scenarios } from './client-scenarios/connection.js';
import { defineScenarios } from './suite.js';

defineScenarios('client connection', scenarios);
