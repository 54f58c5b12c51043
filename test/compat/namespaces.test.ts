import { scenarios } from './scenarios/namespaces.js';
import { defineScenarios } from './suite.js';

defineScenarios('namespaces', scenarios);
