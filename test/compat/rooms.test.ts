import { scenarios } from './scenarios/rooms.js';
import { defineScenarios } from './suite.js';

defineScenarios('rooms', scenarios);
