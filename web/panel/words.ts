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
  graph: 'The cluster',
  outcome: (disposition: string, summary: string) => `${disposition}: ${summary}`,
} as const;
