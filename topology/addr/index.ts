export * from './cidr.js';
export * from './ip.js';
export * from './ipv4.js';
export * from './ipv6.js';
export * from './mac.js';
