export { PlainPaths, type SocketInode, type SocketPaths } from './paths.js';
export { UnixLayer } from './unix-layer.js';
