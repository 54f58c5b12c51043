import { scenarios } from './client-scenarios/emitting.js';
import { defineScenarios } from './suite.js';

defineScenarios('client emitting', scenarios);
