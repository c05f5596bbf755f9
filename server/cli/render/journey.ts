import type { Hop, Journey, Step } from '../../contract/journey.js';

const MARKS: Readonly<Record<Journey['disposition'], string>> = {
  delivered: '✔ delivered',
  ready: '✔ ready',
  refused: '✘ refused',
  dropped: '✘ dropped',
  timeout: '✘ timeout',
  error: '✘ error',
  failed: '✘ failed',
  'in-progress': '… in progress',
};

const ARROWS: Readonly<Record<Hop['direction'], string>> = {
  request: '→',
  reply: '←',
  related: '·',
  none: ' ',
};

/** A journey for reading from top to bottom: each hop with its steps and their reasons. */
export function renderJourney(journey: Journey): string {
  const lines = [journey.title, `${MARKS[journey.disposition]}: ${journey.summary}`, ''];
  for (const hop of journey.hops) {
    lines.push(
      `${pad(hop.number, 3)} ${ARROWS[hop.direction]} ${hop.place}  ${since(journey, hop.atNs)}`,
    );
    for (const step of hop.steps) lines.push(...renderStep(step));
  }
  return `${lines.join('\n')}\n`;
}

/** The hops alone, indented by packet: which packet caused which, and where each went. */
export function renderTree(journey: Journey): string {
  const lines = [journey.title];
  const packets = new Map<number, Hop[]>();
  for (const hop of journey.hops) {
    const hops = packets.get(hop.packet);
    if (hops === undefined) packets.set(hop.packet, [hop]);
    else hops.push(hop);
  }
  const groups = [...packets.values()];
  for (const [index, hops] of groups.entries()) {
    const last = index === groups.length - 1;
    const [first] = hops;
    const headline = first?.steps.at(0)?.packet ?? '';
    lines.push(`${last ? '└─' : '├─'} ${ARROWS[first?.direction ?? 'none']} ${headline}`);
    for (const [position, hop] of hops.entries()) {
      const corner = position === hops.length - 1 ? '└─' : '├─';
      const end = hop.steps.at(-1);
      const fate = end?.code === undefined ? '' : `  ✘ ${end.code}`;
      lines.push(`${last ? '  ' : '│ '} ${corner} ${hop.place}${devices(hop)}${fate}`);
    }
  }
  lines.push(`${MARKS[journey.disposition]}: ${journey.summary}`);
  return `${lines.join('\n')}\n`;
}

function renderStep(step: Step): string[] {
  const device = step.device === undefined ? '' : ` ${step.device}`;
  const code = step.code === undefined ? '' : `  [${step.code}]`;
  const lines = [`      ${step.component}${device}: ${step.reason}${code}`];
  for (const change of step.changes ?? []) {
    lines.push(`          ${change.field}: ${change.before} → ${change.after}`);
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

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}
