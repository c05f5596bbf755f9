/** What the drawing says of the inside of pods, in one place to be translated. */
export const NEAR = {
  ready: (ready: string) => `${ready} ready`,
  hostNetwork: 'pause · network of the node',
  pause: 'pause · net ipc uts',
  namespaces: ({
    net,
    ipc,
    uts,
  }: {
    readonly net: number | undefined;
    readonly ipc: number | undefined;
    readonly uts: number | undefined;
  }) => `net ${net} ipc ${ipc} uts ${uts}`,
  pid: (pid: number) => `pid ${pid}`,
  peer: (name: string, bridge: string | undefined) =>
    bridge === undefined ? `⇄ ${name} on the node` : `⇄ ${name}, port of ${bridge}`,
  down: '(down)',
  noPort: 'no port bound',
  listensOnNothing: 'listens on nothing',
} as const;
