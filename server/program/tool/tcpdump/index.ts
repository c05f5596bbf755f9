export { tcpdump } from './tcpdump.js';
