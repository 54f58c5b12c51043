import { scenarios } from './client-scenarios/engine.js';
import { defineScenarios } from './suite.js';

defineScenarios('client engine', scenarios);
