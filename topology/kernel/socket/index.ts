export type {
  SocketCreator,
  SocketDomain,
  SocketFactory,
  SocketNetns,
  SocketType,
} from './factory.js';
export { createSocketLayer } from './layer.js';
export type { BindAnswer, BindNeighbor, BindQuestion } from './try-bind.js';
export { PlainPaths, type SocketInode, type SocketPaths } from './unix/index.js';
