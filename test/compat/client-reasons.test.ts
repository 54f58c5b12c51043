import { scenarios } from './client-scenarios/reasons.js';
import { defineScenarios } from './suite.js';

defineScenarios('client reasons', scenarios);
