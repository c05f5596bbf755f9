import type { Hop, Journey, Step } from '../../contract/journey.js';
import { type Burst, type Bystanders, foldBystanders, foldRepeats } from './fold.js';
import { type Ink, type Paper, paint, wrap } from './paint.js';

/** How much of a journey is printed. */
export interface JourneyStyle extends Paper {
  /** Rules with their comments, and every repetition. */
  readonly verbose: boolean;
}

const MARKS: Readonly<Record<Journey['disposition'], readonly [ink: Ink, text: string]>> = {
  delivered: ['green', '✔ delivered'],
  ready: ['green', '✔ ready'],
  refused: ['red', '✘ refused'],
  dropped: ['red', '✘ dropped'],
  timeout: ['red', '✘ timeout'],
  error: ['red', '✘ error'],
  failed: ['red', '✘ failed'],
  'in-progress': ['yellow', '… in progress'],
};

const ARROWS: Readonly<Record<Hop['direction'], string>> = {
  request: '→',
  reply: '←',
  related: '·',
  none: ' ',
};

const STEP_INDENT = 6;
const WRAPPED_INDENT = 10;
/** An answer whose first line has scrolled away is told again at the end. */
const LONG_LINES = 40;

/** A journey for reading from top to bottom: each hop with its steps and their reasons. */
export function renderJourney(journey: Journey, style: JourneyStyle): string {
  const verdict = verdictOf(journey, style);
  const lines = [paint(style, 'bold', journey.title), ...verdict];
  for (const burst of burstsOf(journey, style)) {
    lines.push('');
    for (const part of withoutBystanders(burst.hops, style))
      lines.push(...('names' in part ? bystanders(part, style) : renderHop(journey, part, style)));
    if (burst.repeatedNs.length > 0) lines.push(...repetition(journey, burst, style));
  }
  if (lines.length > LONG_LINES) lines.push('', ...verdict);
  return `${lines.join('\n')}\n`;
}

/** The hops alone, indented by packet: which packet caused which, and where each went. */
export function renderTree(journey: Journey, style: JourneyStyle): string {
  const lines = [paint(style, 'bold', journey.title)];
  const bursts = burstsOf(journey, style);
  for (const [index, burst] of bursts.entries()) {
    const last = index === bursts.length - 1;
    const told = withoutBystanders(burst.hops, style);
    const packets = [...byPacket(told.flatMap((part) => ('names' in part ? [] : [part])))];
    const repeated = burst.repeatedNs.length > 0;
    for (const [position, hops] of packets.entries())
      lines.push(...branch(hops, last && !repeated && position === packets.length - 1, style));
    if (repeated) {
      const [first = '', ...rest] = repetition(journey, burst, style);
      lines.push(`${last ? '└─' : '├─'} ${first.trimStart()}`, ...rest);
    }
  }
  lines.push(...verdictOf(journey, style));
  return `${lines.join('\n')}\n`;
}

function verdictOf(journey: Journey, style: JourneyStyle): string[] {
  const [ink, mark] = MARKS[journey.disposition];
  const { disposition, summary } = journey;
  const told = summary.startsWith(disposition) ? summary.slice(disposition.length) : `: ${summary}`;
  const [first = '', ...rest] = wrap(style, mark + told, 2);
  const lines = [paint(style, ink, mark) + first.slice(mark.length), ...rest];
  if (journey.advice !== undefined)
    lines.push(
      ...wrap(style, `  → ${journey.advice}`, 4).map((line) => paint(style, 'yellow', line)),
    );
  return lines;
}

function withoutBystanders(
  hops: readonly Hop[],
  { verbose }: JourneyStyle,
): readonly (Hop | Bystanders)[] {
  return verbose ? hops : foldBystanders(hops);
}

function burstsOf(journey: Journey, { verbose }: JourneyStyle): readonly Burst[] {
  return verbose ? [{ hops: journey.hops, repeatedNs: [] }] : foldRepeats(journey.hops);
}

function renderHop(journey: Journey, hop: Hop, style: JourneyStyle): string[] {
  const number = String(hop.number).padStart(3);
  const when = paint(style, 'dim', since(journey, hop.atNs));
  const lines = [`${number} ${ARROWS[hop.direction]} ${paint(style, 'cyan', hop.place)}  ${when}`];
  for (const step of hop.steps) lines.push(...renderStep(step, style));
  return lines;
}

function renderStep(step: Step, style: JourneyStyle): string[] {
  const head = step.device === undefined ? step.component : `${step.component} ${step.device}`;
  const code = step.code === undefined ? '' : `  [${step.code}]`;
  const reason = style.verbose ? step.reason : withoutComments(step.reason);
  const text = `${' '.repeat(STEP_INDENT)}${head}: ${reason}${code}`;
  const [first = '', ...rest] = wrap(style, text, WRAPPED_INDENT);
  const start = STEP_INDENT + head.length + 1;
  const fatal = step.code !== undefined && step.code !== 'arp-ignored';
  const body = fatal ? paint(style, 'red', first.slice(start)) : first.slice(start);
  const lines = [paint(style, 'dim', first.slice(0, start)) + body];
  lines.push(...rest.map((line) => (fatal ? paint(style, 'red', line) : line)));
  for (const change of step.changes ?? [])
    lines.push(`${' '.repeat(WRAPPED_INDENT)}${change.field}: ${change.before} → ${change.after}`);
  return lines;
}

/** Rules read better without what matches every packet that comes by; the comment itself says what the rule is for. */
function withoutComments(reason: string): string {
  return reason.replace(/-m comment --comment ("[^"]*"|\S+)/g, '$1').replace(/-m (tcp|udp) /g, '');
}

function repetition(journey: Journey, { repeatedNs }: Burst, style: Paper): string[] {
  const moments = repeatedNs.map((atNs) => since(journey, atNs));
  const text = `    … and again at ${moments.join(', ')}: the same way, the same end`;
  return wrap(style, text, STEP_INDENT).map((line) => paint(style, 'dim', line));
}

function bystanders({ names }: Bystanders, style: Paper): string[] {
  const text = `    · … also asked, and silent because it is not their address: ${names.join(', ')}`;
  return wrap(style, text, STEP_INDENT).map((line) => paint(style, 'dim', line));
}

function byPacket(hops: readonly Hop[]): Iterable<readonly Hop[]> {
  const packets = new Map<number, Hop[]>();
  for (const hop of hops) {
    const known = packets.get(hop.packet);
    if (known === undefined) packets.set(hop.packet, [hop]);
    else known.push(hop);
  }
  return packets.values();
}

function branch(hops: readonly Hop[], last: boolean, style: Paper): string[] {
  const [first] = hops;
  const packet = (first?.steps.at(0)?.packet ?? '').replace(/, options \[[^\]]*\]/, '');
  const lines = [`${last ? '└─' : '├─'} ${ARROWS[first?.direction ?? 'none']} ${packet}`];
  for (const [position, hop] of hops.entries()) {
    const corner = position === hops.length - 1 ? '└─' : '├─';
    const end = hop.steps.at(-1);
    const fate = end?.code === undefined ? '' : paint(style, 'red', `  ✘ ${end.code}`);
    lines.push(`${last ? '  ' : '│ '} ${corner} ${hop.place}${devices(hop)}${fate}`);
  }
  return lines;
}

function devices(hop: Hop): string {
  const names = [
    ...new Set(hop.steps.flatMap((step) => (step.device === undefined ? [] : [step.device]))),
  ];
  return names.length === 0 ? '' : ` (${names.join(' → ')})`;
}

function since(journey: Journey, atNs: number): string {
  const micros = (atNs - journey.startedNs) / 1000;
  if (micros < 1000) return `+${micros.toFixed(0)} µs`;
  return micros < 1_000_000
    ? `+${(micros / 1000).toFixed(2)} ms`
    : `+${(micros / 1_000_000).toFixed(3)} s`;
}
