import type { Journey } from '../../server/contract/journey.js';
import { type Frame, groupsOf, isArp, isFailure, isIgnored } from '../model/playback.js';
import { MERMAID } from './words.js';

/** Mermaid refuses texts above 50,000 characters (its `maxTextSize`); room is left for what comes last. */
const MAX_CHARS = 46_000;
/** More lines of life than these cannot be read. */
const MAX_PLACES = 40;
/** Where a text is broken, in characters. */
const BREAK_AT = 46;

/**
 * A trace as a Mermaid sequence diagram: a line of life for each place, an arrow for each way between two, a note where
 * something is decided. What does not fit is told in a last note. Source: mermaid's sequenceDiagram.jison.
 */
export function mermaidOf(journey: Journey, frames: readonly Frame[]): string {
  const groups = groupsOf(
    frames.filter(({ hop, step }) => !isArp(step) && !hop.steps.some(isIgnored)),
  );
  const names = new Map<string, string>();
  const lines: string[] = [];
  const last = new Map<number, string>();
  let chars = 0;
  let leftOut = 0;
  for (const { hop, frames: steps } of groups) {
    const known = names.get(hop.place);
    if (chars > MAX_CHARS || (known === undefined && names.size >= MAX_PLACES)) {
      leftOut += steps.length;
      continue;
    }
    const here = known ?? `p${names.size + 1}`;
    names.set(hop.place, here);
    const before = last.get(hop.packet);
    last.set(hop.packet, here);
    const added = [
      ...(before === undefined || before === here ? [] : [arrow(before, here, hop, steps)]),
      ...steps.flatMap(({ step }) => {
        if (isFailure(step)) return [note(here, `✘ ${step.reason}`)];
        return step.changes === undefined && step.component !== 'route'
          ? []
          : [note(here, step.reason)];
      }),
    ];
    lines.push(...added);
    chars += added.reduce((sum, line) => sum + line.length + 3, 0);
  }
  const end = names.values().next().value ?? 'p1';
  return [
    'sequenceDiagram',
    `  title ${escaped(journey.title)}`,
    ...[...names].map(([place, name]) => `  participant ${name} as ${escaped(place)}`),
    ...lines.map((line) => `  ${line}`),
    ...(leftOut === 0 ? [] : [`  ${note(end, MERMAID.leftOut(leftOut))}`]),
    `  ${note(end, `${journey.disposition}: ${journey.summary}`)}`,
    '',
  ].join('\n');
}

function arrow(
  from: string,
  to: string,
  { direction }: Frame['hop'],
  [first]: readonly Frame[],
): string {
  // Options and windows fill the picture and say little.
  const packet = (first?.step.packet ?? '').replace(/, (?:win \d+|options \[[^\]]*\])/g, '');
  return `${from}${direction === 'reply' ? '-->>' : '->>'}${to}: ${text(packet || MERMAID.packet)}`;
}

function note(place: string, words: string): string {
  return `Note over ${place}: ${text(words)}`;
}

/** A text in lines, without what Mermaid would read as its own. */
function text(words: string): string {
  const lines: string[] = [];
  for (const word of words.split(/\s+/).filter((one) => one !== '')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= BREAK_AT) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  // A statement without a text would be refused.
  return lines.length === 0 ? '·' : lines.map(escaped).join('<br/>');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '#': '#35;',
  ';': '#59;',
  '%': '#37;',
  '<': '#lt;',
  '>': '#gt;',
};

/** Semicolons end a statement, # begins an entity or a comment, %% a comment, and < a tag. */
function escaped(line: string): string {
  return line.replace(/\s+/g, ' ').replace(/[#;%<>]/g, (sign) => ENTITIES[sign] ?? sign);
}
