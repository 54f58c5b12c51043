import { scenarios } from './scenarios/ecosystem.js';
import { defineScenarios } from './suite.js';

defineScenarios('ecosystem', scenarios);
