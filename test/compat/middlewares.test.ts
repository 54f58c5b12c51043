import { scenarios } from './scenarios/middlewares.js';
import { defineScenarios } from './suite.js';

defineScenarios('middlewares', scenarios);
