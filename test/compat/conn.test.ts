import { scenarios } from './scenarios/conn.js';
import { defineScenarios } from './suite.js';

defineScenarios('conn', scenarios);
