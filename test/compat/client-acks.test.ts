import { scenarios } from './client-scenarios/acks.js';
import { defineScenarios } from './suite.js';

defineScenarios('client acks', scenarios);
