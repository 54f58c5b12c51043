import { scenarios } from './scenarios/broadcast-acks.js';
import { defineScenarios } from './suite.js';

defineScenarios('broadcast-acks', scenarios);
