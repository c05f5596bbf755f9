import type { Hop, Step } from '../../server/contract/journey.js';
import type { TrackGraph } from './track-graph.js';

/** Parts of a kernel that are drawn as its IP stack. */
const STACK = new Set([
  'route',
  'netfilter',
  'conntrack',
  'nat',
  'ip',
  'neighbor',
  'icmp',
  'socket',
  'policy',
  'fragment',
]);

/** Name of the point of the drawing where a step happens; undefined when its vertex is not drawn. */
export function placeOfStep(hop: Hop, step: Step, graph: TrackGraph): string | undefined {
  const { vertex } = hop;
  const candidates: string[] = [];
  const onDevice = step.device === undefined ? [] : [`${vertex}#${step.device}`];
  if (vertex.startsWith('pod:')) {
    if (step.component === 'device' || step.component === 'arp') candidates.push(...onDevice);
    candidates.push(vertex);
  } else {
    if (STACK.has(step.component)) candidates.push(`${vertex}#stack`);
    if (graph.at(`${vertex}#stack`) === undefined && STACK.has(step.component))
      candidates.push(vertex);
    candidates.push(...onDevice, `${vertex}#stack`, vertex);
  }
  return candidates.find((name) => graph.at(name) !== undefined);
}
