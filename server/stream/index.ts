export type { Connected, PortForwarder, StartPortForward } from './port-forward.js';
export { type ProxyBackend, type ProxyLocation, type ProxyTarget, proxyRouter } from './proxy.js';
export { refuseUpgrade } from './refuse.js';
export {
  exitStatus,
  type Refusal,
  type RemoteCommandEvents,
  type RemoteCommandOptions,
  type RemoteCommandTransport,
  type StartRemoteCommand,
  type TerminalSize,
} from './remote-command.js';
export type { StreamSubresource, StreamTarget } from './target.js';
export {
  createStreams,
  type StreamHandlers,
  type StreamOptions,
  type StreamServer,
  upgradeRequired,
} from './upgrade.js';
