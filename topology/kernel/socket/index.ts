export type {
  PortQuestion,
  SocketCreator,
  SocketDomain,
  SocketFactory,
  SocketNetns,
  SocketType,
} from './factory.js';
export { createSocketLayer } from './layer.js';
export { PlainPaths, type SocketInode, type SocketPaths } from './unix/index.js';
