/** The panel beside the graph. */
export const DOCK = {
  label: 'Packets and details',
  tabs: { trace: 'Send a packet', details: 'Details' },
  hide: 'Hide this panel (d)',
  show: 'Show packets and details (d)',
  edge: 'Width of the panel',
  edgeTitle: 'Drag, or use the arrow keys; double-click for the usual width',
  nothingSelected:
    'Click a pod, a node, a bridge, a Service, a veth or a cable to see what it is made of, and to break it.',
  help: 'Choose who sends and who receives: type a name, or press “pick” and click in the graph. The packet then travels along the lines, and every step says what happened and why.',
  helpKeys: 'Keys: ← → step, space plays, Esc closes; ? lists them all.',
} as const;

/** What shapes and colours mean. */
export const LEGEND = {
  title: 'Legend',
  states: {
    good: 'running, ready',
    busy: 'on its way',
    bad: 'in trouble',
    done: 'completed',
  },
  containers: { app: 'app', init: 'init, goes first', sidecar: 'sidecar' },
  pause: 'pause, holds the rest',
  packets: {
    request: 'request',
    reply: 'reply',
    related: 'ARP, ICMP error',
    dropped: 'dropped here',
  },
} as const;

/** Messages that go away by themselves. */
export const TOASTS = {
  label: 'Messages',
  dismiss: 'Dismiss',
} as const;

/** The page as a whole. */
export const PAGE = {
  skip: 'Skip to the graph',
  badSender: 'A probe starts at a pod or a machine.',
  badReceiver: 'A probe cannot be sent there.',
  graph: 'The cluster',
  outcome: (disposition: string, summary: string) => `${disposition}: ${summary}`,
} as const;

/** Copying a text. */
export const COPY = { button: 'copy', done: '✔ copied' } as const;

/** What is selected. */
export const DETAILS = {
  gone: ' (gone)',
  none: 'none',
  journey: 'How it came to be',
} as const;

/** A cable or a veth pair. */
export const LINK = {
  title: 'Link',
  kind: 'kind',
  oneEnd: 'one end',
  otherEnd: 'other end',
  deviceOf: (device: string, owner: string) => `${device} of ${owner}`,
  state: 'state',
  up: 'up',
  down: 'down',
  delay: 'delay',
  oneWay: (microseconds: number) => `${microseconds} µs one way`,
  rate: 'rate',
  megabits: (megabits: number) => `${megabits} Mbit/s`,
} as const;

/** The drawing. */
export const GRAPH = {
  label:
    'Graph of the cluster: nodes, pods, bridges and cables. Arrow keys go to neighbours, Enter opens details.',
  larger: 'Larger',
  smaller: 'Smaller',
  everything: 'Show everything',
  nothing: 'Nothing is here yet.',
  waiting: 'Waiting for the cluster…',
} as const;

/** Above the drawing. */
export const STAGE_BAR = {
  namespace: 'Namespace',
  everyNamespace: 'all namespaces',
  state: 'State',
  anyState: 'any state',
  states: {
    good: '● well',
    busy: '◐ on its way',
    bad: '▲ in trouble',
    done: '■ completed',
  },
  matches: (pods: number) => `${pods.toLocaleString('en')} ${pods === 1 ? 'pod' : 'pods'}`,
  services: 'Services',
  service: (namespace: string, name: string) => `Service ${namespace}/${name}`,
  endpoints: (addresses: readonly string[]) =>
    `${addresses.length} endpoints: ${addresses.join(' ')}`,
} as const;
