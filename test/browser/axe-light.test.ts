import { describeAxe } from './axe-states.js';

describeAxe('light');
