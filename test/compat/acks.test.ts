import { scenarios } from './scenarios/acks.js';
import { defineScenarios } from './suite.js';

defineScenarios('acks', scenarios);
