import type { Selection } from 'd3-selection';
import type { ContainerMark, PodVertex } from '../../server/contract/graph.js';
import { POD_HEIGHT, POD_WIDTH } from '../model/layout.js';

const PAUSE_HEIGHT = 13;
const CHIP_HEIGHT = 15;
const MAX_CHIPS = 4;

/** A mark for each tone, so that colour is not the only sign. */
const MARKS: Readonly<Record<PodVertex['tone'], string>> = {
  good: '●',
  busy: '◐',
  bad: '▲',
  done: '■',
};

/** Draws a pod: its name and address, the app containers standing on the pause container that holds the namespaces. */
export function drawPod(
  group: Selection<SVGGElement, unknown, null, undefined>,
  pod: PodVertex,
): void {
  const signature = JSON.stringify(pod);
  const node = group.node();
  if (node === null || node.dataset.signature === signature) return;
  node.dataset.signature = signature;
  group.selectAll('*').remove();
  group.attr('aria-label', `pod ${pod.namespace}/${pod.name}, ${pod.status}, ${pod.ready} ready`);
  group
    .append('rect')
    .attr('class', `pod-box ${pod.tone}${pod.hostNetwork ? ' host-network' : ''}`)
    .attr('width', POD_WIDTH)
    .attr('height', POD_HEIGHT)
    .attr('rx', 7);
  group
    .append('text')
    .attr('class', `pod-mark ${pod.tone}`)
    .attr('x', 8)
    .attr('y', 14)
    .text(MARKS[pod.tone]);
  group
    .append('text')
    .attr('class', 'pod-name')
    .attr('x', 20)
    .attr('y', 14)
    .text(clip(pod.name, 18));
  const second = pod.status === 'Running' ? (pod.ip ?? '') : pod.status;
  group
    .append('text')
    .attr('class', `pod-line ${pod.tone}`)
    .attr('x', 8)
    .attr('y', 28)
    .text(clip(second, 21));
  if (pod.restarts > 0) {
    group
      .append('text')
      .attr('class', 'pod-restarts')
      .attr('x', POD_WIDTH - 7)
      .attr('y', 28)
      .attr('text-anchor', 'end')
      .text(`↻${pod.restarts}`);
  }
  drawContainers(
    group,
    pod.containers.filter((c) => c.role !== 'pause'),
  );
  const pause = pod.containers.find((c) => c.role === 'pause');
  const base = group.append('g').attr('class', `pause ${pause?.state ?? 'waiting'}`);
  base
    .append('rect')
    .attr('x', 4)
    .attr('y', POD_HEIGHT - PAUSE_HEIGHT - 3)
    .attr('width', POD_WIDTH - 8)
    .attr('height', PAUSE_HEIGHT)
    .attr('rx', 4);
  base
    .append('text')
    .attr('x', POD_WIDTH / 2)
    .attr('y', POD_HEIGHT - 6.5)
    .attr('text-anchor', 'middle')
    .text(pod.hostNetwork ? 'pause · host network' : 'pause · net ipc uts');
  group.append('title').text(titleOf(pod));
}

function drawContainers(
  group: Selection<SVGGElement, unknown, null, undefined>,
  containers: readonly ContainerMark[],
): void {
  const shown = containers.slice(0, MAX_CHIPS);
  const gap = 4;
  const width = (POD_WIDTH - 8 - gap * (shown.length - 1)) / Math.max(1, shown.length);
  for (const [index, container] of shown.entries()) {
    const chip = group.append('g').attr('class', `chip ${chipTone(container)} ${container.role}`);
    const x = 4 + index * (width + gap);
    const y = POD_HEIGHT - PAUSE_HEIGHT - CHIP_HEIGHT - 3;
    chip
      .append('rect')
      .attr('x', x)
      .attr('y', y)
      .attr('width', width)
      .attr('height', CHIP_HEIGHT)
      .attr('rx', 3);
    const hidden = index === MAX_CHIPS - 1 ? containers.length - MAX_CHIPS : 0;
    const label = hidden > 0 ? `+${hidden + 1}` : container.name;
    chip
      .append('text')
      .attr('x', x + width / 2)
      .attr('y', y + 11)
      .attr('text-anchor', 'middle')
      .text(clip(label, Math.floor(width / 5.6)));
  }
}

function chipTone(container: ContainerMark): string {
  if (container.state === 'running')
    return container.ready || container.role === 'init' ? 'good' : 'busy';
  if (container.state === 'terminated') return container.reason === 'Completed' ? 'done' : 'bad';
  return container.reason === undefined || /Creating|Initializing/.test(container.reason)
    ? 'busy'
    : 'bad';
}

function titleOf(pod: PodVertex): string {
  const containers = pod.containers.map(
    (c) => `${c.name}: ${c.reason ?? c.state}${c.ports.length > 0 ? ` ${c.ports.join(' ')}` : ''}`,
  );
  return [
    `${pod.namespace}/${pod.name} ${pod.status}`,
    ...containers,
    ...(pod.problem === undefined ? [] : [pod.problem]),
  ].join('\n');
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1))}…`;
}
