import { useState } from 'react';
import type { Vertex } from '../../server/contract/graph.js';
import { censusOf } from '../model/census.js';
import { hueOf } from '../model/names.js';
import { useStoredSwitch } from '../state/stored.js';
import { LEGEND } from './words.js';

const PACKETS = [
  ['request', 'M-9,-6H4L10,0L4,6H-9Z'],
  ['reply', 'M9,-6H-4L-10,0L-4,6H9Z'],
  ['related', 'M0,-8L8,0L0,8L-8,0Z'],
  ['dropped', 'M-6,-8H6L8,-6V6L6,8H-6L-8,6V-6Z'],
] as const;

const CONTAINERS = [
  ['app', 'M-9,-6H9V6H-9Z'],
  ['init', 'M-9,-6H4L9,0L4,6H-9Z'],
  ['sidecar', 'M-3,-6H3A6,6 0 0 1 9,0V6H-9V0A6,6 0 0 1 -3,-6Z'],
] as const;

const STATES = [
  ['good', '●'],
  ['busy', '◐'],
  ['bad', '▲'],
  ['done', '■'],
] as const;

interface Props {
  readonly vertices: ReadonlyMap<string, Vertex>;
  /** Nothing else needs the space. */
  readonly idle: boolean;
}

/** What shapes and colours mean: open while there is room, a click away while there is something to read. */
export function Legend({ vertices, idle }: Props) {
  const { podNamespaces: namespaces } = censusOf(vertices);
  const [openWhenIdle, setOpenWhenIdle] = useStoredSwitch('legend', true);
  const [openWhenBusy, setOpenWhenBusy] = useState(false);
  const [open, setOpen] = idle ? [openWhenIdle, setOpenWhenIdle] : [openWhenBusy, setOpenWhenBusy];
  return (
    <section className="legend">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? '▼' : '▶'} {LEGEND.title}
      </button>
      <ul hidden={!open}>
        {STATES.map(([tone, sign]) => (
          <li key={tone}>
            <b className={tone}>{sign}</b> {LEGEND.states[tone]}
          </li>
        ))}
        {CONTAINERS.map(([role, path]) => (
          <li key={role}>
            <svg viewBox="-11 -9 22 18" className={`chip good ${role}`} aria-hidden="true">
              <path d={path} />
            </svg>
            {LEGEND.containers[role]}
          </li>
        ))}
        <li>
          <svg viewBox="-11 -9 22 18" className="pause running" aria-hidden="true">
            <path d="M-9,-6V6H9V-6H6V1H-6V-6Z" />
          </svg>
          {LEGEND.pause}
        </li>
        {PACKETS.map(([tone, path]) => (
          <li key={tone}>
            <svg viewBox="-11 -9 22 18" className={`packet ${tone}`} aria-hidden="true">
              <path className="shape" d={path} />
            </svg>
            {LEGEND.packets[tone]}
          </li>
        ))}
        {namespaces.map((namespace) => (
          <li key={namespace} style={{ '--hue': hueOf(namespace) } as React.CSSProperties}>
            <span className="namespace-swatch" /> {namespace}
          </li>
        ))}
      </ul>
    </section>
  );
}
