export type {
  PortQuestion,
  SocketCreator,
  SocketDomain,
  SocketFactory,
  SocketNetns,
  SocketType,
} from './factory.js';
export { createSocketLayer } from './layer.js';
