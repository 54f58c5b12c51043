import { scenarios } from './scenarios/fetch-sockets.js';
import { defineScenarios } from './suite.js';

defineScenarios('fetch-sockets', scenarios);
