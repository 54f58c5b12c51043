import { scenarios } from './scenarios/connect.js';
import { defineScenarios } from './suite.js';

defineScenarios('connect', scenarios);
