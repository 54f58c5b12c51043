import { scenarios } from './client-scenarios/reconnection.js';
import { defineScenarios } from './suite.js';

defineScenarios('client reconnection', scenarios);
