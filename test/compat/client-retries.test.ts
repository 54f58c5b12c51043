import { scenarios } from './client-scenarios/retries.js';
import { defineScenarios } from './suite.js';

defineScenarios('client retries', scenarios);
