/** The English of the trace's parts of the page, in one place so that it can be translated. */

export const FORM = {
  from: 'from',
  to: 'to',
  fromHint: 'pod, node or outside',
  toHint: 'pod, svc/…, DNS name or IP, :port',
  pick: 'pick',
  pickFrom: 'Pick the sender by clicking in the graph',
  pickTo: 'Pick the receiver by clicking in the graph',
  pickingFrom: 'Click the pod or node that sends.',
  pickingTo: 'Now click the pod, Service or node that receives.',
  protocol: 'Protocol',
  more: 'port, size, TTL, DF',
  port: 'port',
  portHint: 'as in the target',
  size: 'payload',
  sizeHint: 'octets',
  ttl: 'TTL',
  ttlHint: '64',
  df: "don't fragment (DF)",
  send: 'Send ▶',
  sending: 'on its way…',
} as const;

export const PACKET = {
  title: 'The packet, header by header',
  before: 'before',
  after: 'after',
  side: 'Which moment of the step is shown',
  unchanged: 'This step leaves the packet as it was.',
  starts: 'The packet begins here.',
  fields: 'Headers and their fields; arrow keys up and down go through them',
  octets: 'Octets in hexadecimal',
  more: (count: number) => `… ${count} more octets`,
  was: 'was',
  becomes: 'becomes',
  added: 'put on by this step',
  removed: 'taken off by this step',
  loading: 'reading the packet…',
  length: (count: number) => `${count} octet${count === 1 ? '' : 's'}`,
} as const;

export const FILTER = {
  steps: 'Steps',
  packets: 'Which packets',
  shown: {
    first: { name: 'first', hint: 'Only the first packet' },
    request: { name: 'requests', hint: 'All packets that go from sender to receiver' },
    replies: { name: '+ replies', hint: 'Also what comes back' },
    all: { name: '+ ARP', hint: 'Also the search for MAC addresses' },
  },
  label: 'Which steps',
  everyPart: 'every part',
  everyHost: 'every host',
  part: 'Only steps of one part of the kernel',
  host: 'Only steps on one machine',
  everyRule: 'every rule',
  everyRuleHint: 'Also rules that only lead on to other chains',
  drops: 'drops',
  dropsHint: 'Only steps where a packet ends against its sender’s wish',
  fails: 'failures',
  failsHint: 'Only steps where something failed',
  changed: 'changes',
  changedHint: 'Only steps that change the packet',
  none: 'No step is left with these filters.',
  clear: 'show all',
  nothing: 'No packet was sent: what stopped it is told below the graph.',
} as const;

export const TOOLS = {
  noStep: 'No step is shown with this filter.',
  nothing: 'The kernel of the sender refused: no packet left, so there are no steps.',
  packet: 'octets',
  step: 'The step',
  packetHint: 'Headers and octets of the packet before and after the step (o)',
} as const;

export const ARTEFACTS = {
  player: 'Life of a pod',
  tool: 'details',
  toolHint: 'Commands, documents and tables of the step (o)',
  title: 'What this step read, ran and wrote',
  none: 'There is nothing more to read at this step.',
  loading: 'reading…',
} as const;

export const SHARE = {
  menu: 'Share',
  link: 'copy link to this view',
  svg: 'graph as SVG',
  png: 'graph as PNG',
  pcapng: 'pcapng of every device',
  json: 'JSON',
  mermaid: 'Mermaid sequence diagram',
  cli: 'copy the command',
  manifest: 'copy the Trace manifest',
  copied: (what: string) => `Copied: ${what}`,
  noCopy: 'The browser refused the clipboard.',
  saved: (name: string) => `Saved ${name}`,
  noGraph: 'There is no graph to draw yet.',
} as const;

export const MERMAID = {
  packet: 'the packet',
  leftOut: (steps: number) =>
    `${steps} further steps are left out: a diagram of them cannot be read`,
} as const;

export const LINK = {
  anew: 'The trace of this link is no longer kept: the same packet was sent anew.',
  gone: 'The trace of this link is no longer kept, and the link does not say what was sent.',
  refused: (why: string) =>
    `The trace of this link is no longer kept, and could not be sent anew: ${why}`,
} as const;

export const COMPARE = {
  tool: 'compare',
  toolHint: 'Two traces side by side (c)',
  title: 'Two traces side by side',
  left: 'Left trace',
  right: 'Right trace',
  visit: 'sent from this page',
  others: 'sent by others',
  trace: (object: string) => `Trace ${object}`,
  close: 'Close',
  few: 'Send a second packet: then there are two traces to compare.',
  loading: 'reading the trace…',
  same: 'Both traces take the same steps to the same end.',
  sameSteps: (left: string, right: string) =>
    `Both traces take the same steps, but the left one ends as ${left}, the right one as ${right}.`,
  parting: (steps: number) =>
    steps === 0
      ? 'They differ from the first step:'
      : `The same for ${steps} step${steps === 1 ? '' : 's'}, then:`,
  ends: 'ends here',
  first: 'first difference',
  next: 'next difference',
  nextHint: 'To the next step that differs (n)',
  onlyChanges: 'only differences',
  missing: 'no such step here',
  go: 'Show this step in the player',
  octets: '0x',
  octetsHint: 'Headers and octets of both packets at this step (o)',
  closeOctets: 'Close the octets',
  alone: 'only on this side',
  otherLeft: 'left',
  otherRight: 'right',
} as const;

export const PLAYER = {
  label: 'Packet',
  took: (time: string) => `${time} simulated`,
  close: 'Close the trace (Esc)',
  stepOf: (step: number, steps: number) => `Step ${step} of ${steps}`,
  first: 'To the beginning (Home)',
  back: 'One step back (←)',
  space: 'Space',
  pause: '❚❚ pause',
  play: '▶ play',
  on: 'One step on (→)',
  last: 'To the end (End)',
  speed: 'Speed of the player',
  directions: { request: '→ request', reply: '← reply', related: '◇ related', none: '' },
  at: (place: string) => `at ${place}`,
  after: (time: string) => `after ${time}`,
} as const;
