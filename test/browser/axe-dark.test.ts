import { describeAxe } from './axe-states.js';

describeAxe('dark');
