import { type Frame, isArp, isFailure, isIgnored } from '../model/playback.js';

/** One line of two traces side by side: the same step of both, or a step that only one of them has. */
export interface AlignedRow {
  readonly left?: Frame;
  readonly right?: Frame;
  /** The two steps came to different ends, or one is missing. */
  readonly differs: boolean;
}

/** Two traces side by side. */
export interface Alignment {
  readonly rows: readonly AlignedRow[];
  /** Index of the first row that differs. */
  readonly first: number | undefined;
  /** How many steps both have in common before that. */
  readonly common: number;
}

/** Most steps of each side that are compared. */
const MOST = 1500;

/**
 * The steps of two traces side by side, matched by place, part and action in order (longest common subsequence), and
 * where they first part ways. What is chance from trace to trace makes no difference: whether a MAC address had to be
 * asked for or learned, the state of a neighbour, ephemeral ports, process ids, times. Nor do the ends that each trace
 * asked for: two routes are the same when they are chosen for another address. Where nothing else explains that
 * two traces end differently, such steps are `told` too.
 */
export function alignTraces(
  left: readonly Frame[],
  right: readonly Frame[],
  chance: 'ignored' | 'told' = 'ignored',
): Alignment {
  const rows = rowsOf(sideOf(left), sideOf(right)).map((row) =>
    chance === 'told' && isOdd(row) ? { ...row, differs: true } : row,
  );
  const first = rows.findIndex((row) => row.differs);
  return first < 0
    ? { rows, first: undefined, common: rows.length }
    : { rows, first, common: first };
}

/** The steps of one trace, and what it asked: two traces may ask the same of different ends. */
interface Side {
  readonly frames: readonly Frame[];
  /** Where the probe began. */
  readonly start: string;
  /** Puts words in place of the probe's own addresses and ports. */
  readonly masked: (text: string) => string;
}

function sideOf(all: readonly Frame[]): Side {
  const frames = comparable(all);
  const { hop, step } = frames[0] ?? {};
  return { frames, start: hop?.place ?? '', masked: maskOf(step?.packet ?? '') };
}

/** Without ARP, and without the copies that other machines leave alone: both depend on what was learned before. */
function comparable(frames: readonly Frame[]): readonly Frame[] {
  return frames
    .filter(({ hop, step }) => !isArp(step) && !hop.steps.some(isIgnored))
    .slice(0, MOST);
}

/** The ends of a packet as tcpdump writes them: `IP 10.244.1.4.56202 > 10.96.0.10.80: …`. */
const ENDS = /^IP6? (\S+) > (\S+):/;
const END = /^((?:\d+\.){3}\d+|[\da-f:]+)(?:\.(\d+))?$/;

function maskOf(packet: string): (text: string) => string {
  const [, src = '', dst = ''] = ENDS.exec(packet) ?? [];
  const [, source] = END.exec(src) ?? [];
  const [, target, port] = END.exec(dst) ?? [];
  const words: (readonly [RegExp, string])[] = [];
  if (port !== undefined) words.push([whole(`${target}:${port}`), '(target)']);
  if (target !== undefined) words.push([whole(target), '(target)']);
  if (source !== undefined) words.push([whole(source), '(source)']);
  return (text) => words.reduce((line, [address, word]) => line.replace(address, word), text);
}

/** An address that is not the beginning or end of another one. */
function whole(address: string): RegExp {
  return new RegExp(`(?<![\\d.:])${address.replaceAll('.', '\\.')}(?!\\d|[.:]\\d)`, 'g');
}

/** A switch that does not know a port yet floods: for the copy that arrives it comes to the same. */
const SAME_ACTION: Readonly<Record<string, string>> = { flood: 'forward' };

function actionOf({ step }: Frame): string {
  if (isFailure(step)) return 'drop';
  return step.component === 'bridge' ? (SAME_ACTION[step.action] ?? step.action) : step.action;
}

function keyOf(frame: Frame, start: string): string {
  const { hop, step } = frame;
  const place = hop.place === start ? '(start)' : hop.place;
  return `${place}|${hop.direction}|${step.component}|${actionOf(frame)}`;
}

/** The two sides say something else, be it chance or not. */
function isOdd({ left, right }: AlignedRow): boolean {
  return left?.step.action !== right?.step.action || left?.step.reason !== right?.step.reason;
}

/** Steps that happen or not with what was learned before; where one loses the packet it is no chance. */
function isChance({ step }: Frame): boolean {
  return step.component === 'neighbor' && !isFailure(step);
}

/** What a step decided, without what is chance from trace to trace. */
function outcomeOf(frame: Frame, { masked }: Side): string {
  const { step } = frame;
  if (isChance(frame) || (step.component === 'bridge' && actionOf(frame) === 'forward'))
    return actionOf(frame);
  return [actionOf(frame), step.code ?? '', step.device ?? '', masked(step.reason)]
    .join('|')
    .replace(/\b\d+ (s|ms|µs) ago/g, 'ago')
    .replace(/([:.])(\d{5})\b/g, (text, sign, port) => (isEphemeral(port) ? `${sign}port` : text))
    .replace(/\bpid \d+/g, 'pid')
    .replace(/\b(seq|ack|id) \d+/g, '$1');
}

/** Linux's net.ipv4.ip_local_port_range, and what masquerading with --random-fully may take above it. */
function isEphemeral(port: string): boolean {
  return Number(port) >= 32768 && Number(port) <= 65535;
}

function rowsOf(sideA: Side, sideB: Side): AlignedRow[] {
  const { frames: a } = sideA;
  const { frames: b } = sideB;
  const keysA = a.map((frame) => keyOf(frame, sideA.start));
  const keysB = b.map((frame) => keyOf(frame, sideB.start));
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        keysA[i] === keysB[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const rows: AlignedRow[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && right !== undefined && keysA[i] === keysB[j]) {
      rows.push({ left, right, differs: outcomeOf(left, sideA) !== outcomeOf(right, sideB) });
      i += 1;
      j += 1;
    } else if (
      left !== undefined &&
      (right === undefined ||
        (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      rows.push({ left, differs: !isChance(left) });
      i += 1;
    } else if (right !== undefined) {
      rows.push({ right, differs: !isChance(right) });
      j += 1;
    }
  }
  return rows;
}

/** Where two traces part ways: the row itself, and the next step of the side that has none there. */
export function partingOf({ rows, first }: Alignment): AlignedRow | undefined {
  const row = rows[first ?? -1];
  if (row === undefined || first === undefined) return undefined;
  const after = rows.slice(first);
  const left = row.left ?? after.find((later) => later.left !== undefined)?.left;
  const right = row.right ?? after.find((later) => later.right !== undefined)?.right;
  return {
    ...(left === undefined ? {} : { left }),
    ...(right === undefined ? {} : { right }),
    differs: true,
  };
}
