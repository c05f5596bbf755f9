import type { Hop, Journey, Step } from '../../server/contract/journey.js';

/** One position of the player: a step within its hop. */
export interface Frame {
  readonly hop: Hop;
  readonly step: Step;
  /** Position among the shown steps, from 0. */
  readonly index: number;
}

/** Which packets of a conversation are shown: the first one, all that go there, those that come back too, or also ARP. */
export type Shown = 'first' | 'request' | 'replies' | 'all';

/** What the player leaves out. */
export interface PlaybackFilter {
  readonly shown: Shown;
  /** Every rule that was looked at, or only those that decided. */
  readonly rules: 'all' | 'deciding';
  /** Only steps that lose or change the packet. */
  readonly only?: 'drops' | 'changes';
  /** Only steps of this part of the kernel. */
  readonly component?: string;
  /** Only steps on this machine. */
  readonly host?: string;
}

/** The steps of a journey in order of time, as positions one can go to. */
export function framesOf(journey: Journey, filter?: PlaybackFilter): readonly Frame[] {
  return journey.hops
    .flatMap((hop) => hop.steps.map((step) => ({ hop, step })))
    .filter(({ hop, step }) => filter === undefined || isShown(hop, step, filter))
    .map((frame, position) => ({ ...frame, position }))
    .sort((a, b) => a.step.atNs - b.step.atNs || a.position - b.position)
    .map(({ hop, step }, index) => ({ hop, step, index }));
}

function isShown(hop: Hop, step: Step, filter: PlaybackFilter): boolean {
  if (filter.rules === 'deciding' && (step.action === 'jump' || step.action === 'return'))
    return false;
  if (filter.only === 'drops' && !isFailure(step)) return false;
  if (filter.only === 'changes' && step.changes === undefined) return false;
  if (filter.component !== undefined && step.component !== filter.component) return false;
  if (filter.host !== undefined && hop.host !== filter.host) return false;
  switch (filter.shown) {
    case 'first':
      return hop.packet === 0;
    case 'request':
      return (hop.direction === 'request' || hop.direction === 'none') && !isArp(step);
    case 'replies':
      return !isArp(step);
    case 'all':
      return true;
  }
}

/** True for the questions and answers by which machines learn each other's MAC address. */
export function isArp(step: Step): boolean {
  return step.component === 'arp' || step.packet?.startsWith('ARP') === true;
}

/** What a host does with a frame that a switch or bridge flooded to it and that is not for it. */
const IGNORED: ReadonlySet<string | undefined> = new Set(['other-host', 'arp-ignored']);

/** True when a host leaves a flooded copy alone: nothing is lost by that. */
export function isIgnored(step: Step): boolean {
  return IGNORED.has(step.code);
}

/** True when the packet ends here against its sender's wish. */
export function isFailure(step: Step): boolean {
  return step.code !== undefined && !isArp(step) && !isIgnored(step);
}

/** Steps that follow each other in one hop. */
export interface FrameGroup {
  readonly key: string;
  readonly hop: Hop;
  readonly frames: readonly Frame[];
}

/** The steps under the heading of their hop, in the order they are played. */
export function groupsOf(frames: readonly Frame[]): readonly FrameGroup[] {
  const groups: { key: string; hop: Hop; frames: Frame[] }[] = [];
  for (const frame of frames) {
    const last = groups.at(-1);
    if (last?.hop === frame.hop) last.frames.push(frame);
    else
      groups.push({ key: `${frame.hop.number}-${frame.index}`, hop: frame.hop, frames: [frame] });
  }
  return groups;
}

/** Time since the beginning in the unit that reads best. */
export function elapsed(journey: Journey, atNs: number): string {
  const micros = (atNs - journey.startedNs) / 1000;
  if (micros < 1000) return `${micros.toFixed(0)} µs`;
  return micros < 1_000_000
    ? `${(micros / 1000).toFixed(2)} ms`
    : `${(micros / 1_000_000).toFixed(2)} s`;
}

/** A mark and a word for how it ended: told by shape as well as colour. */
export function verdictOf(journey: Pick<Journey, 'disposition'>): {
  readonly mark: string;
  readonly tone: 'good' | 'bad' | 'busy';
} {
  switch (journey.disposition) {
    case 'delivered':
    case 'ready':
      return { mark: '✔', tone: 'good' };
    case 'in-progress':
      return { mark: '…', tone: 'busy' };
    default:
      return { mark: '✘', tone: 'bad' };
  }
}

/** `TCP SYN`, `ARP who-has`: what fits over a packet. */
export function shortLabel(line: string): string {
  const flags = /Flags \[([^\]]*)\]/.exec(line)?.[1];
  if (flags !== undefined) return `TCP ${flagWords(flags)}`;
  if (line.startsWith('ARP')) return line.includes('Reply') ? 'ARP reply' : 'ARP who-has';
  if (line.includes('ICMP')) return (/ICMP [^,]*/.exec(line)?.[0] ?? 'ICMP').slice(0, 34);
  return line.includes('UDP') ? 'UDP' : '';
}

const FLAGS: readonly (readonly [letter: string, word: string])[] = [
  ['S', 'SYN'],
  ['F', 'FIN'],
  ['R', 'RST'],
  ['P', 'PSH'],
  ['.', 'ACK'],
];

function flagWords(flags: string): string {
  return FLAGS.filter(([letter]) => flags.includes(letter))
    .map(([, word]) => word)
    .join('+');
}

/** Where the place before or the next one begins, seen from a position. */
export function positionOfPlace(
  frames: readonly Frame[],
  position: number,
  to: 'before' | 'next',
): number {
  const starts = groupsOf(frames).map(({ frames: [first] }) => first?.index ?? 0);
  return to === 'next'
    ? (starts.find((start) => start > position) ?? Math.max(0, frames.length - 1))
    : (starts.findLast((start) => start < position) ?? 0);
}
