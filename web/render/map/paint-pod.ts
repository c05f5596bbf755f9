import type { ContainerMark, PodVertex } from '../../../server/contract/graph.js';
import type { Box } from '../../model/geometry.js';
import { hueOf, titleOfPod } from '../../model/names.js';
import { outlineOf, SIGNS, toneOfContainer } from '../container-mark.js';
import { textWidth } from '../fit-text.js';
import { type Brush, fontOf, panel, write } from './canvas-tools.js';
import { pathOf } from './svg-pen.js';

/** How much of a pod can be read: its state, its name, its containers, or what they run. */
export type Level = 'mark' | 'name' | 'pod' | 'container';

/** The level for a pod that is so many CSS pixels wide. */
export function levelFor(width: number): Level {
  if (width < 46) return 'mark';
  if (width < 125) return 'name';
  return width < 300 ? 'pod' : 'container';
}

/** How a pod stands out. */
export interface Emphasis {
  readonly selected: boolean;
  readonly related: boolean;
  readonly lit: boolean;
  readonly dimmed: boolean;
  /** What a dry run would do to it. */
  readonly foretold: 'created' | 'configured' | 'deleted' | undefined;
}

/** Draws a pod that is wide enough for its name. */
export function paintPod(brush: Brush, pod: PodVertex, at: { box: Box; emphasis: Emphasis }): void {
  const { palette, context } = brush;
  const { box, emphasis } = at;
  const level = levelFor(box.width);
  context.globalAlpha = emphasis.dimmed ? 0.18 : 1;
  panel(brush, box, {
    fill: pod.tone === 'done' ? palette.card : palette[`${pod.tone}-soft`],
    edge: palette[pod.tone],
    width: pod.tone === 'bad' ? 1.8 : 1,
    radius: Math.min(8, box.height / 6),
    ...(pod.hostNetwork ? { dash: [5, 3] } : {}),
  });
  context.fillStyle = `hsl(${hueOf(pod.namespace)} ${brush.palette.namespace})`;
  context.fillRect(box.x + 1, box.y + 2, Math.max(2, Math.min(6, box.width / 30)), box.height - 4);
  if (level === 'name') paintName(brush, pod, box);
  else paintWhole(brush, pod, { box, close: level === 'container' });
  context.globalAlpha = 1;
  outline(brush, box, emphasis);
}

/** A frame round what is selected, belongs to it, or is passed by a packet. */
export function outline(brush: Brush, box: Box, emphasis: Emphasis): void {
  if (emphasis.foretold !== undefined) foretell(brush, box, emphasis.foretold);
  if (!emphasis.selected && !emphasis.related && !emphasis.lit) return;
  panel(brush, box, {
    edge: brush.palette.blue,
    width: emphasis.selected ? 3 : 2,
    radius: Math.min(8, box.height / 6),
    ...(emphasis.related ? { dash: [6, 3] } : {}),
  });
}

/** Dashed where a dry run would make or change something; crossed where it would delete it. */
function foretell(brush: Brush, box: Box, what: NonNullable<Emphasis['foretold']>): void {
  const { context, palette } = brush;
  const gone = what === 'deleted';
  const edge = gone ? palette.bad : what === 'created' ? palette.blue : palette.busy;
  panel(brush, box, { edge, width: 2.5, radius: 4, dash: [6, 3] });
  if (!gone) return;
  context.beginPath();
  context.moveTo(box.x, box.y);
  context.lineTo(box.x + box.width, box.y + box.height);
  context.moveTo(box.x + box.width, box.y);
  context.lineTo(box.x, box.y + box.height);
  context.lineWidth = 2;
  context.stroke();
}

function paintName(brush: Brush, pod: PodVertex, box: Box): void {
  const { palette } = brush;
  const { base } = titleOfPod(pod);
  const size = Math.min(12, Math.max(10, box.height / 3.4));
  const left = box.x + 6;
  const room = box.width - 9;
  const two = box.height >= 36;
  const y = two ? box.y + box.height / 2 - 2 : box.y + box.height / 2 + size / 3;
  const sign = pod.tone === 'good' && box.width < 80 ? '' : `${SIGNS[pod.tone]} `;
  const ink = pod.tone === 'good' ? palette.ink : palette[pod.tone];
  write(brush, `${sign}${base}`, { x: left, y }, { size, colour: ink, bold: true, room });
  if (!two) return;
  const second = isWell(pod) ? (pod.ip ?? pod.status) : pod.status;
  write(
    brush,
    second,
    { x: left, y: y + size + 3 },
    { size: size - 1, colour: isWell(pod) ? palette.faint : ink, room },
  );
}

function isWell(pod: PodVertex): boolean {
  return pod.status === 'Running' || pod.status === 'Completed';
}

/** Heading, address, containers in the tray that pause holds. */
function paintWhole(
  brush: Brush,
  pod: PodVertex,
  { box, close }: { readonly box: Box; readonly close: boolean },
): void {
  const { palette } = brush;
  const unit = box.height / 118;
  const size = Math.min(22, Math.max(10, 13 * unit));
  const small = Math.min(18, Math.max(9, 11.5 * unit));
  const left = box.x + 11 * Math.min(unit, 1.4);
  const right = box.x + box.width - 7;
  const { base, suffix } = titleOfPod(pod);
  const name = `${SIGNS[pod.tone]} ${base}`;
  const y = box.y + size + 3 * unit;
  const ink = pod.tone === 'good' ? palette.ink : palette[pod.tone];
  write(brush, name, { x: left, y }, { size, colour: ink, bold: true, room: right - left });
  const wide = textWidth(`${name} `, fontOf(size, true));
  if (suffix !== '' && wide + textWidth(suffix, fontOf(small)) < right - left) {
    write(brush, suffix, { x: left + wide, y }, { size: small, colour: palette.faint });
  }
  const address = pod.ip ?? '';
  const devices = pod.hostNetwork ? 'network of the node' : `lo 127.0.0.1 · eth0 ${address}`;
  const line = isWell(pod) ? (close ? devices : address) : pod.status;
  const restarts = pod.restarts > 0 ? `↻${pod.restarts}` : '';
  const lineY = y + small + 5 * unit;
  write(
    brush,
    close && isWell(pod) ? `${line} · ${pod.namespace} · ${pod.ready} ready` : line,
    { x: left, y: lineY },
    { size: small, colour: isWell(pod) ? palette.ink : ink, room: right - left - 24 },
  );
  if (restarts !== '') {
    write(
      brush,
      restarts,
      { x: right, y: lineY },
      { size: small, colour: palette.bad, align: 'right' },
    );
  }
  const top = lineY + 7 * unit;
  const foot = Math.max(small + 4, 20 * unit);
  paintTray(brush, pod, {
    box: {
      x: left - 3,
      y: top,
      width: right - left + 3,
      height: box.y + box.height - 4 * unit - top,
    },
    foot,
    small,
    close,
  });
  if (pod.hostNetwork) return;
  const side = Math.max(5, 8 * Math.min(unit, 1.6));
  panel(
    brush,
    {
      x: box.x + box.width - side / 2,
      y: box.y + box.height - 11 * unit - side / 2,
      width: side,
      height: side,
    },
    { fill: palette.card, edge: palette.faint, width: 1.5 },
  );
}

interface Tray {
  readonly box: Box;
  readonly foot: number;
  readonly small: number;
  readonly close: boolean;
}

function paintTray(brush: Brush, pod: PodVertex, { box, foot, small, close }: Tray): void {
  const { palette } = brush;
  const wall = 4;
  const pause = pod.containers.find((c) => c.role === 'pause');
  const held = pause?.state === 'running';
  const { context } = brush;
  const bottom = box.y + box.height;
  context.beginPath();
  context.moveTo(box.x, box.y);
  context.lineTo(box.x, bottom);
  context.lineTo(box.x + box.width, bottom);
  context.lineTo(box.x + box.width, box.y);
  context.lineTo(box.x + box.width - wall, box.y);
  context.lineTo(box.x + box.width - wall, bottom - foot);
  context.lineTo(box.x + wall, bottom - foot);
  context.lineTo(box.x + wall, box.y);
  context.closePath();
  context.fillStyle = palette.pause;
  if (held) context.fill();
  context.strokeStyle = palette['pause-line'];
  context.lineWidth = 1;
  context.setLineDash(held ? [] : [3, 2]);
  context.stroke();
  context.setLineDash([]);
  const words = pod.hostNetwork
    ? 'pause · host network'
    : close
      ? 'pause · holds the net, ipc and uts namespaces'
      : 'pause · net ipc uts';
  write(
    brush,
    words,
    { x: box.x + wall + 4, y: bottom - foot / 2 + small / 3 },
    { size: small, colour: palette['pause-ink'], room: box.width - 2 * wall - 8 },
  );
  const containers = pod.containers.filter((c) => c.role !== 'pause');
  const inside = {
    x: box.x + wall + 3,
    y: box.y,
    width: box.width - 2 * wall - 6,
    height: box.height - foot - 3,
  };
  const most = Math.max(1, Math.floor(inside.width / 52));
  const shown = containers.slice(0, containers.length > most ? Math.max(1, most - 1) : most);
  const count = Math.min(containers.length, shown.length + 1);
  const width = (inside.width - 4 * (count - 1)) / Math.max(1, count);
  for (const [index, container] of shown.entries()) {
    paintContainer(brush, container, {
      box: { ...inside, x: inside.x + index * (width + 4), width },
      small,
      close,
    });
  }
  if (shown.length === containers.length) return;
  write(
    brush,
    `+${containers.length - shown.length}`,
    { x: inside.x + inside.width - width / 2, y: inside.y + inside.height / 2 },
    { size: small, colour: palette.faint, align: 'center' },
  );
}

function paintContainer(
  brush: Brush,
  container: ContainerMark,
  { box, small, close }: { readonly box: Box; readonly small: number; readonly close: boolean },
): void {
  const { context, palette } = brush;
  const tone = toneOfContainer(container);
  context.save();
  context.translate(box.x, box.y);
  const path = pathOf(outlineOf(container.role, box));
  context.fillStyle = tone === 'bad' ? palette['bad-soft'] : palette.card;
  context.fill(path);
  context.strokeStyle = palette[tone];
  context.lineWidth = tone === 'bad' ? 1.8 : 1.2;
  if (tone === 'busy') context.setLineDash([3, 2]);
  context.stroke(path);
  context.restore();
  const ports = [...new Set(container.ports)];
  const lines = close
    ? [
        container.role === 'app' ? container.name : `${container.name} (${container.role})`,
        container.image.split('/').at(-1) ?? '',
        ports.length > 0 ? `listens on ${ports.join(' ')}` : 'no port bound',
        `${container.reason ?? container.state}${container.restarts > 0 ? ` ↻${container.restarts}` : ''}`,
      ]
    : [
        container.name,
        tone === 'bad'
          ? (container.reason ?? 'failed')
          : ports.map((port) => `:${Number.parseInt(port, 10)}`).join(' '),
      ];
  const step = small + 3;
  const fitting = lines
    .filter((line) => line !== '')
    .slice(0, Math.max(1, Math.floor(box.height / step)));
  const first = box.y + (box.height - fitting.length * step) / 2 + small;
  for (const [index, line] of fitting.entries()) {
    const sign = index === 0 && tone !== 'good' ? `${SIGNS[tone]} ` : '';
    const colour = tone === 'bad' ? palette.bad : index === 0 ? palette.ink : palette.faint;
    write(
      brush,
      `${sign}${line}`,
      { x: box.x + box.width / 2, y: first + index * step },
      { size: small, colour, bold: index === 0 && close, align: 'center', room: box.width - 6 },
    );
  }
}
