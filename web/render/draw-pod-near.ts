import type { Selection } from 'd3-selection';
import type { ContainerMark, PodVertex } from '../../server/contract/graph.js';
import type { InsideContainer, PodInside } from '../../server/contract/inside.js';
import type { Box } from '../model/geometry.js';
import { titleOfPod } from '../model/names.js';
import { pauseHeight } from '../model/tracks.js';
import { outlineOf, SIGNS, toneOfContainer } from './container-mark.js';
import { drawCard, drawPodFrame } from './draw-pod.js';
import { FONTS, fitText, textWidth } from './fit-text.js';
import { NEAR } from './words.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Widths of a pod in the units of its own small drawing, in which text is as large as elsewhere. */
const WIDTHS = { near: 360, nearest: 640 } as const;
const LINE = 15;
const WALL = 7;
/** Right end of the strip in the colour of the namespace, in units of the drawing. */
const STRIP = 8.5;

/** What a near pod is drawn from. */
export interface NearPlace {
  readonly box: Box;
  readonly nearest: boolean;
  /** What the node's kernel says; undefined until it came. */
  readonly inside: PodInside | undefined;
}

/** Draws the inside of a pod: namespaces, devices and containers; from nearest, processes and what they listen on. */
export function drawNearPod(group: Group, pod: PodVertex, place: NearPlace): void {
  const { box, nearest } = place;
  drawPodFrame(group, pod, box);
  const width = nearest ? WIDTHS.nearest : WIDTHS.near;
  const scale = box.width / width;
  const height = box.height / scale;
  const inner = group.append('g').attr('class', 'inside').attr('transform', `scale(${scale})`);
  // Clear of the strip in the namespace's colour.
  const left = Math.max(16, STRIP / scale);
  drawHead(inner, pod, { left, width });
  const lines = footLines(pod, place);
  const least = pauseHeight(box.height) / scale;
  const room = Math.max(1, Math.floor((height - 96) / LINE));
  const shown = lines.slice(0, Math.max(1, Math.min(lines.length, room)));
  const foot = Math.max(least, shown.length * LINE + 9);
  const tray = { x: left, y: 46, width: width - left - 8, height: height - 46 - 8 };
  drawFoot(inner, pod, { tray, foot, lines: shown });
  const floor = { ...tray, height: tray.height - foot - 3 };
  drawContainers(inner, pod, { box: floor, nearest, inside: place.inside });
  if (!pod.hostNetwork) {
    const y = box.height - pauseHeight(box.height) / 2;
    drawCard(group, { x: box.width, y }, 13 * scale);
  }
}

function drawHead(
  group: Group,
  pod: PodVertex,
  { left, width }: { readonly left: number; readonly width: number },
): void {
  const { base, suffix } = titleOfPod(pod);
  text(group, `sign ${pod.tone}`, { x: left, y: 19 }, SIGNS[pod.tone]);
  const state = [
    pod.status,
    NEAR.ready(pod.ready),
    ...(pod.restarts > 0 ? [`↻${pod.restarts}`] : []),
  ].join(' · ');
  const right = Math.min(textWidth(state, FONTS.small), width * 0.5);
  const name = text(group, 'pod-name', { x: left + 15, y: 19 }, '');
  const room = width - left - 15 - right - 22;
  const whole = fitText(base, room, FONTS.podName);
  name.append('tspan').text(whole);
  const tail = suffix === '' ? '' : ` ${suffix}`;
  if (textWidth(`${whole}${tail}`, FONTS.podName) <= room)
    name.append('tspan').attr('class', 'suffix').text(tail);
  text(
    group,
    `pod-line end ${pod.tone}`,
    { x: width - 10, y: 19 },
    fitText(state, width * 0.5, FONTS.small),
  );
  const second = [pod.namespace, pod.owner?.replace('/', ' '), pod.ip].filter(Boolean).join(' · ');
  const told = fitText(pod.problem ?? second, width - left - 12, FONTS.small);
  text(
    group,
    pod.problem === undefined ? 'faint' : `pod-line ${pod.tone}`,
    { x: left, y: 36 },
    told,
  );
}

/** What the pause container holds, line by line, the most telling first. */
function footLines(pod: PodVertex, { inside, nearest }: NearPlace): readonly string[] {
  if (pod.hostNetwork) return [NEAR.hostNetwork];
  if (inside === undefined) return [NEAR.pause];
  const { net, ipc, uts, pid } = inside.namespaces;
  const namespaces = NEAR.namespaces({ net, ipc, uts });
  const lo = inside.devices.find(({ name }) => name === 'lo');
  const others = inside.devices.filter(({ name }) => name !== 'lo');
  const cards = others.flatMap(({ name, addresses, mac, mtu, up, peer }) => [
    `${name} ${addresses.join(' ')}${up ? '' : ` ${NEAR.down}`} · ${mac} · mtu ${mtu}`,
    ...(peer === undefined ? [] : [NEAR.peer(peer.name, peer.bridge)]),
  ]);
  const loop = lo === undefined ? [] : [`lo ${lo.addresses.join(' ')} · mtu ${lo.mtu}`];
  return nearest
    ? [`pause ${NEAR.pid(inside.pausePid)} · ${namespaces} · pid ${pid}`, ...loop, ...cards]
    : [namespaces, ...cards];
}

interface Foot {
  readonly tray: Box;
  readonly foot: number;
  readonly lines: readonly string[];
}

function drawFoot(group: Group, pod: PodVertex, { tray, foot, lines }: Foot): void {
  const pause = pod.containers.find((c) => c.role === 'pause');
  const right = tray.x + tray.width;
  const bottom = tray.y + tray.height;
  const floor = bottom - foot;
  const drawn = group.append('g').attr('class', `pause ${pause?.state ?? 'waiting'}`);
  drawn
    .append('path')
    .attr(
      'd',
      `M${tray.x},${tray.y}V${bottom}H${right}V${tray.y}H${right - WALL}V${floor}H${tray.x + WALL}V${tray.y}Z`,
    );
  const first = floor + (foot - lines.length * LINE) / 2 + 12;
  for (const [index, line] of lines.entries()) {
    const at = { x: tray.x + WALL + 5, y: first + index * LINE };
    text(drawn, '', at, fitText(line, tray.width - 2 * WALL - 10, FONTS.small));
  }
}

interface Containers {
  readonly box: Box;
  readonly nearest: boolean;
  readonly inside: PodInside | undefined;
}

function drawContainers(group: Group, pod: PodVertex, { box, nearest, inside }: Containers): void {
  const containers = pod.containers.filter(({ role }) => role !== 'pause');
  const left = box.x + WALL + 4;
  const width = box.width - 2 * (WALL + 4);
  const most = Math.max(1, Math.floor(width / (nearest ? 130 : 92)));
  const shown = containers.length > most ? containers.slice(0, most - 1) : containers;
  const places = Math.min(containers.length, most);
  const each = (width - 5 * (places - 1)) / Math.max(1, places);
  for (const [index, container] of shown.entries()) {
    const found = inside?.containers.find(({ name }) => name === container.name);
    const place = { x: left + index * (each + 5), y: box.y, width: each, height: box.height };
    drawContainer(group, container, { box: place, lines: linesOf(container, found, nearest) });
  }
  if (shown.length === containers.length) return;
  const at = { x: left + shown.length * (each + 5) + each / 2, y: box.y + box.height / 2 };
  text(group, 'more middle', at, `+${containers.length - shown.length}`);
}

interface NearLine {
  readonly words: string;
  readonly tone: 'first' | 'second' | 'listen';
}

function linesOf(
  container: ContainerMark,
  inside: InsideContainer | undefined,
  nearest: boolean,
): readonly NearLine[] {
  const tone = toneOfContainer(container);
  const state = `${container.reason ?? container.state} ↻${container.restarts}`;
  const [main] = inside?.processes ?? [];
  const lines: NearLine[] = [
    { words: `${tone === 'good' ? '' : `${SIGNS[tone]} `}${container.name}`, tone: 'first' },
    { words: container.image, tone: 'second' },
  ];
  const add = (words: string, kind: NearLine['tone'] = 'second') =>
    lines.push({ words, tone: kind });
  if (nearest) {
    add(container.role === 'app' ? state : `${container.role} · ${state}`);
    for (const { pid, command, listens } of inside?.processes ?? []) {
      add(`${NEAR.pid(pid)} ${command}`, 'first');
      for (const listen of listens) add(`⇢ ${listen}`, 'listen');
    }
    if (inside !== undefined && inside.processes.every(({ listens }) => listens.length === 0))
      add(NEAR.listensOnNothing);
    return lines;
  }
  const ports = [...new Set(container.ports)].join(' ');
  add(ports === '' ? NEAR.noPort : ports, ports === '' ? 'second' : 'listen');
  if (main !== undefined) add(main.command);
  add(container.role === 'app' ? state : `${container.role} · ${state}`);
  return lines;
}

interface DrawnContainer {
  readonly box: Box;
  readonly lines: readonly NearLine[];
}

function drawContainer(
  group: Group,
  container: ContainerMark,
  { box, lines }: DrawnContainer,
): void {
  const chip = group
    .append('g')
    .attr('class', `chip ${toneOfContainer(container)} ${container.role}`)
    .attr('transform', `translate(${box.x},${box.y})`);
  chip.append('path').attr('d', outlineOf(container.role, box));
  const room = Math.max(1, Math.floor((box.height - 6) / LINE));
  const shown = lines.length > room ? lines.slice(0, room) : lines;
  const first = Math.min(14, box.height / 2 + 4);
  const roomAcross = box.width - 14 - (container.role === 'init' ? 6 : 0);
  for (const [index, { words, tone }] of shown.entries()) {
    const cut = index === shown.length - 1 && shown.length < lines.length ? `${words} …` : words;
    const font = tone === 'first' ? FONTS.smallBold : FONTS.small;
    const at = { x: container.role === 'sidecar' ? 10 : 7, y: first + 1 + index * LINE };
    text(chip, tone, at, fitText(cut, roomAcross, font));
  }
}

function text(group: Group, name: string, at: { x: number; y: number }, words: string) {
  const anchor = name.includes('middle') ? 'middle' : name.includes('end') ? 'end' : 'start';
  return group
    .append('text')
    .attr('class', name)
    .attr('x', at.x)
    .attr('y', at.y)
    .attr('text-anchor', anchor)
    .text(words);
}
