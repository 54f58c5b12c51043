import { scenarios } from './scenarios/dynamic-namespaces.js';
import { defineScenarios } from './suite.js';

defineScenarios('dynamic-namespaces', scenarios);
