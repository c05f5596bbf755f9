import type { ContainerMark } from '../../server/contract/graph.js';

/** How a container is meant: colour and sign. */
export type ContainerTone = 'good' | 'busy' | 'bad' | 'done';

/** What a container's state means to a person. */
export function toneOfContainer(container: ContainerMark): ContainerTone {
  switch (container.state) {
    case 'running':
      return container.ready || container.role === 'init' ? 'good' : 'busy';
    case 'terminated':
      return container.reason === 'Completed' ? 'done' : 'bad';
    case 'waiting':
      return container.reason === undefined || /Creating|Initializing/.test(container.reason)
        ? 'busy'
        : 'bad';
  }
}

/** A sign for each tone, so that colour is not the only one. */
export const SIGNS: Readonly<Record<ContainerTone, string>> = {
  good: '●',
  busy: '◐',
  bad: '▲',
  done: '■',
};

/** Outline by role: apps are boxes, init containers arrows (they go first), sidecars tabs, ephemeral ones slanted. */
export function outlineOf(
  role: ContainerMark['role'],
  box: { readonly width: number; readonly height: number },
): string {
  const { width: w, height: h } = box;
  switch (role) {
    case 'init':
      return `M0,0H${w - 7}L${w},${h / 2}L${w - 7},${h}H0Z`;
    case 'sidecar':
      return `M9,0H${w - 9}A9,9 0 0 1 ${w},9V${h}H0V9A9,9 0 0 1 9,0Z`;
    case 'ephemeral':
      return `M6,0H${w}L${w - 6},${h}H0Z`;
    default:
      return `M3,0H${w - 3}A3,3 0 0 1 ${w},3V${h}H0V3A3,3 0 0 1 3,0Z`;
  }
}
