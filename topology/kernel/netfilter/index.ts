export { createNetfilter } from './netfilter.js';
