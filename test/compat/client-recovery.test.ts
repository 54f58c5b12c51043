import { scenarios } from './client-scenarios/recovery.js';
import { defineScenarios } from './suite.js';

defineScenarios('client recovery', scenarios);
