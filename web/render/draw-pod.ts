import type { Selection } from 'd3-selection';
import type { ContainerMark, PodVertex } from '../../server/contract/graph.js';
import type { Box } from '../model/geometry.js';
import { hueOf, titleOfPod } from '../model/names.js';
import type { Density } from '../model/plan.js';
import { pauseHeight } from '../model/tracks.js';
import { outlineOf, SIGNS, toneOfContainer } from './container-mark.js';
import { FONTS, fitText, textWidth } from './fit-text.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Draws a pod as much as the density allows. */
export function drawPod(group: Group, pod: PodVertex, place: { box: Box; density: Density }): void {
  const { box, density } = place;
  drawPodFrame(group, pod, box);
  if (density === 'full') {
    drawHeading(group, pod, { y: 17, width: box.width });
    drawStatusLine(group, pod, { y: 34, width: box.width });
    drawTray(group, pod, box);
  } else {
    drawHeading(group, pod, { y: 14, width: box.width });
    drawCompact(group, pod, box);
  }
}

/** Draws what a pod has at every level: its box, its state, the colour of its namespace. */
export function drawPodFrame(group: Group, pod: PodVertex, box: Box): void {
  group.selectAll('*').remove();
  group.attr('aria-label', `pod ${pod.namespace}/${pod.name}, ${pod.status}, ${pod.ready} ready`);
  group.style('--hue', String(hueOf(pod.namespace)));
  group.append('title').text(tooltipOf(pod));
  group
    .append('rect')
    .attr('class', `body pod-box ${pod.tone}${pod.hostNetwork ? ' host-network' : ''}`)
    .attr('width', box.width)
    .attr('height', box.height)
    .attr('rx', 7);
  group
    .append('path')
    .attr('class', 'namespace-edge')
    .attr(
      'd',
      `M6.5,1A5.5,5.5 0 0 0 1,6.5V${box.height - 6.5}A5.5,5.5 0 0 0 6.5,${box.height - 1}Z`,
    );
}

/** The name; what a controller appended to it only where there is room for both. */
function drawHeading(group: Group, pod: PodVertex, at: { y: number; width: number }): void {
  const { base, suffix } = titleOfPod(pod);
  group
    .append('text')
    .attr('class', `sign ${pod.tone}`)
    .attr('x', 11)
    .attr('y', at.y)
    .text(SIGNS[pod.tone]);
  const room = at.width - 25 - 5;
  const left = room - textWidth(base, FONTS.podName);
  const tail = suffix === '' ? '' : ` ${suffix}`;
  const text = group.append('text').attr('class', 'pod-name').attr('x', 25).attr('y', at.y);
  text.append('tspan').text(fitText(base, room, FONTS.podName));
  if (textWidth(tail, FONTS.small) <= left) text.append('tspan').attr('class', 'suffix').text(tail);
}

function drawStatusLine(group: Group, pod: PodVertex, at: { y: number; width: number }): void {
  const restarts = pod.restarts > 0 ? `↻${pod.restarts}` : '';
  const right = restarts === '' ? 0 : textWidth(restarts, FONTS.small) + 8;
  const well = pod.status === 'Running' || pod.status === 'Completed';
  const words = well ? (pod.ip ?? pod.status) : pod.status;
  group
    .append('text')
    .attr('class', `pod-line ${well ? '' : pod.tone}`)
    .attr('x', 12)
    .attr('y', at.y)
    .text(fitText(words, at.width - 20 - right, FONTS.small));
  if (restarts === '') return;
  group
    .append('text')
    .attr('class', 'pod-restarts')
    .attr('x', at.width - 8)
    .attr('y', at.y)
    .attr('text-anchor', 'end')
    .text(restarts);
}

const WALL = 5;

/** The sandbox: a tray that pause holds, with the containers standing in it. */
function drawTray(group: Group, pod: PodVertex, box: Box): void {
  const foot = pauseHeight(box.height);
  const top = 42;
  const left = 8;
  const right = box.width;
  const bottom = box.height - 4;
  const floor = bottom - foot;
  const pause = pod.containers.find((c) => c.role === 'pause');
  const tray = group.append('g').attr('class', `pause ${pause?.state ?? 'waiting'}`);
  tray
    .append('path')
    .attr(
      'd',
      `M${left},${top}V${bottom - 4}A4,4 0 0 0 ${left + 4},${bottom}H${right - 8}A4,4 0 0 0 ${right - 4},${bottom - 4}V${top}H${right - 4 - WALL}V${floor}H${left + WALL}V${top}Z`,
    );
  const words = pod.hostNetwork ? 'pause · host network' : 'pause · net ipc uts';
  tray
    .append('text')
    .attr('x', left + 8)
    .attr('y', bottom - foot / 2 + 4)
    .text(fitText(words, right - left - 22, FONTS.small));
  if (!pod.hostNetwork) drawCard(group, { x: right, y: box.height - foot / 2 });
  const containers = pod.containers.filter((c) => c.role !== 'pause');
  const inside = {
    x: left + WALL + 3,
    y: top,
    width: right - 4 - WALL - 3 - (left + WALL + 3),
    height: floor - top,
  };
  drawContainers(group, containers, inside);
}

/** The pod's eth0, where its veth is plugged in. */
export function drawCard(group: Group, at: { x: number; y: number }, side = 8): void {
  group
    .append('rect')
    .attr('class', 'card')
    .attr('x', at.x - side / 2)
    .attr('y', at.y - side / 2)
    .attr('width', side)
    .attr('height', side);
}

function drawContainers(group: Group, containers: readonly ContainerMark[], inside: Box): void {
  const gap = 4;
  const most = Math.max(1, Math.floor((inside.width + gap) / (44 + gap)));
  const shown = containers.length > most ? containers.slice(0, most - 1) : containers;
  const count = shown.length + (containers.length > shown.length ? 1 : 0);
  const width = (inside.width - gap * (count - 1)) / Math.max(1, count);
  for (const [index, container] of shown.entries()) {
    drawContainer(group, container, { ...inside, x: inside.x + index * (width + gap), width });
  }
  if (count === shown.length) return;
  group
    .append('text')
    .attr('class', 'more')
    .attr('x', inside.x + inside.width - width / 2)
    .attr('y', inside.y + inside.height / 2 + 4)
    .attr('text-anchor', 'middle')
    .text(`+${containers.length - shown.length}`);
}

function drawContainer(group: Group, container: ContainerMark, box: Box): void {
  const tone = toneOfContainer(container);
  const chip = group
    .append('g')
    .attr('class', `chip ${tone} ${container.role}`)
    .attr('transform', `translate(${box.x},${box.y})`);
  chip.append('path').attr('d', outlineOf(container.role, box));
  const tall = box.height >= 32;
  const label = tone === 'good' ? container.name : `${SIGNS[tone]} ${container.name}`;
  const roomy = box.height >= 52;
  const middle = box.height / 2 - (roomy ? 8 : 0);
  chip
    .append('text')
    .attr('class', 'first')
    .attr('x', box.width / 2)
    .attr('y', tall ? middle - 2 : middle + 4)
    .attr('text-anchor', 'middle')
    .text(fitText(label, box.width - 6, FONTS.small));
  if (!tall) return;
  const ports = container.ports.map((port) => `:${Number.parseInt(port, 10)}`);
  const second = tone === 'bad' ? (container.reason ?? 'failed') : [...new Set(ports)].join(' ');
  chip
    .append('text')
    .attr('class', 'second')
    .attr('x', box.width / 2)
    .attr('y', middle + 12)
    .attr('text-anchor', 'middle')
    .text(fitText(second, box.width - 6, FONTS.small));
  if (!roomy) return;
  chip
    .append('text')
    .attr('class', 'second')
    .attr('x', box.width / 2)
    .attr('y', middle + 27)
    .attr('text-anchor', 'middle')
    .text(fitText(container.image.split('/').at(-1) ?? '', box.width - 6, FONTS.small));
}

/** Name, address and a square for each container, on a thin pause bar. */
function drawCompact(group: Group, pod: PodVertex, box: Box): void {
  const containers = pod.containers.filter((c) => c.role !== 'pause').slice(0, 5);
  const side = 6;
  const pitch = side + 1.5;
  const squares = containers.length * pitch;
  const left = box.width - 4 - squares;
  drawStatusLine(group, { ...pod, restarts: 0 }, { y: 27, width: left + 5 });
  for (const [index, container] of containers.entries()) {
    group
      .append('g')
      .attr('class', `chip ${toneOfContainer(container)} ${container.role}`)
      .attr('transform', `translate(${left + index * pitch},20)`)
      .append('path')
      .attr(
        'd',
        outlineOf(container.role === 'sidecar' ? 'app' : container.role, {
          width: side,
          height: side,
        }),
      );
  }
  const foot = pauseHeight(box.height);
  const pause = pod.containers.find((c) => c.role === 'pause');
  group
    .append('g')
    .attr('class', `pause ${pause?.state ?? 'waiting'}`)
    .append('rect')
    .attr('x', 8)
    .attr('y', box.height - foot)
    .attr('width', box.width - 11)
    .attr('height', foot - 2)
    .attr('rx', 2);
  if (!pod.hostNetwork) drawCard(group, { x: box.width, y: box.height - foot / 2 });
}

/** What is told of a pod that a pointer rests on. */
export function tooltipOf(pod: PodVertex): string {
  const containers = pod.containers.map((c) => {
    const ports = c.ports.length > 0 ? ` · ${c.ports.join(' ')}` : '';
    return `${SIGNS[toneOfContainer(c)]} ${c.name} (${c.role}): ${c.reason ?? c.state}${ports}`;
  });
  return [
    `${pod.namespace}/${pod.name}`,
    `${pod.status}, ${pod.ready} ready${pod.ip === undefined ? '' : `, ${pod.ip}`}`,
    ...containers,
    ...(pod.problem === undefined ? [] : [pod.problem]),
  ].join('\n');
}
