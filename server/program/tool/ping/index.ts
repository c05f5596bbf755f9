export { ping, ping6 } from './ping.js';
