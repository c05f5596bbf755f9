import type { Journey } from '../../server/contract/journey.js';
import { type Frame, groupsOf, isArp, isFailure } from '../model/playback.js';

/** A trace as a Mermaid sequence diagram: a line of life for each place, an arrow for each way between two. */
export function mermaidOf(journey: Journey, frames: readonly Frame[]): string {
  const groups = groupsOf(frames.filter(({ step }) => !isArp(step)));
  const names = new Map<string, string>();
  const nameOf = (place: string) => {
    const name = names.get(place) ?? `p${names.size + 1}`;
    names.set(place, name);
    return name;
  };
  const lines: string[] = [];
  const last = new Map<number, string>();
  for (const { hop, frames: steps } of groups) {
    const here = nameOf(hop.place);
    const before = last.get(hop.packet);
    const packet = steps[0]?.step.packet ?? '';
    if (before !== undefined && before !== here)
      lines.push(`${before}${hop.direction === 'reply' ? '-->>' : '->>'}${here}: ${text(packet)}`);
    last.set(hop.packet, here);
    for (const { step } of steps) {
      if (isFailure(step)) lines.push(`Note over ${here}: ✘ ${text(step.reason)}`);
      else if (step.changes !== undefined || step.component === 'route')
        lines.push(`Note over ${here}: ${text(step.reason)}`);
    }
  }
  return [
    'sequenceDiagram',
    `  title ${text(journey.title)}`,
    ...[...names].map(([place, name]) => `  participant ${name} as ${text(place)}`),
    ...lines.map((line) => `  ${line}`),
    `  Note over ${[...names.values()].at(0) ?? 'p1'}: ${text(`${journey.disposition}: ${journey.summary}`)}`,
    '',
  ].join('\n');
}

/** What Mermaid would read as its own: semicolons end a statement, # begins an entity. */
function text(line: string): string {
  return line.replaceAll('#', '#35;').replaceAll(';', '#59;').replace(/\s+/g, ' ').trim();
}
