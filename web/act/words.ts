/** What the page says where something is done to the cluster. */
export const ACT = {
  scale: 'scale to',
  scaleName: (title: string) => `Replicas of ${title}`,
  set: 'set',
  restart: 'restart rollout',
  restartTitle: 'New pods replace the old ones one after the other',
  edit: 'edit YAML',
  remove: 'delete',
  removeNow: 'Delete',
  keep: 'Keep it',
  sure: (title: string) => `Delete ${title}?`,
  grace: 'grace period in seconds',
  graceHint: 'empty: as the object says, 30 s for most pods; 0: at once',
  again: (owner: string) => `${owner} makes another pod at once.`,
  cordon: 'cordon',
  uncordon: 'uncordon',
  drain: 'drain',
  drainTitle: 'Cordon the node and evict its pods, as their disruption budgets allow',
  powerOff: 'cut power',
  powerOn: 'power on',
  linkDown: 'take link down',
  linkUp: 'bring link up',
  from: '↱ from here',
  fromTitle: 'Send a packet from here',
  to: '↳ to here',
  toTitle: 'Send a packet to here',
  change: 'change',
  hurt: 'break',
  kill: (name: string) => `kill ${name}`,
  killTitle: 'SIGKILL: the kubelet restarts it in the same sandbox; this cannot be undone',
  killPauseTitle: 'The sandbox dies with it: a new one comes with a new IP; this cannot be undone',
  impair: 'until it is healed',
} as const;

/** What the undo button says. */
export const UNDO = {
  button: '↶ undo',
  nothing: 'Nothing to undo: what was applied, scaled, deleted or cordoned here can be taken back',
  title: (label: string) => `Undo (Ctrl Z): ${label}`,
  done: (text: string) => `undone: ${text}`,
} as const;

/** What the menu of faults and snapshots says. */
export const STATES = {
  button: 'states & faults',
  title: 'Snapshots of all objects, and the faults that are in force',
  snapshots: 'Snapshots',
  name: 'Name of the snapshot',
  save: 'save',
  holds: (objects: number, time: string) => `${objects} objects, ${time}`,
  restore: 'restore',
  remove: 'delete',
  none: 'No snapshot is saved. Save one before a lesson, restore it after.',
  fidelity: 'Objects are put back; memory, queues and logs of processes start anew.',
  faults: 'Active faults',
  noFaults: 'Nothing is broken.',
  heal: 'heal',
  healAll: 'heal all',
  close: 'close',
  lost: 'the server did not answer',
} as const;

/** What is said while the server is away. */
export const LOST = {
  title: 'The connection to the server is lost',
  retry: (seconds: number) =>
    `: what is shown is as of ${seconds} s ago. Trying again; the page goes on by itself when the server is back.`,
} as const;

/** What the form of a fault says. */
export const FAULT = {
  title: 'Break it',
  type: 'Fault',
  create: 'break',
  types: {
    LinkDown: 'link down',
    Delay: 'delay',
    Loss: 'loss',
    WrongMTU: 'wrong MTU',
    NodeDown: 'power off',
    IPForwardOff: 'forwarding off',
  },
  delay: 'delay, such as 100ms',
  loss: 'frames lost, in percent',
  mtu: 'MTU, in octets',
} as const;
