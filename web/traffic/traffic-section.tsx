import { useEffect, useMemo } from 'react';
import type { Edge } from '../../server/contract/graph.js';
import type { TrafficKind } from '../../server/contract/traffic.js';
import { usePage } from '../page.js';
import { Section } from '../panel/detail-section.js';
import { edgesOf } from './edges-of.js';
import { HISTORY_SECONDS } from './rates.js';
import { traffic } from './traffic-store.js';
import { useRateTicks, useTrafficSettings } from './use-traffic.js';
import { bitRate, KINDS, octets, short, TRAFFIC } from './words.js';
import './traffic.css';

interface Props {
  /** Id of the selected vertex or edge. */
  readonly id: string;
}

/** What passes at the selected thing: now, by kind and direction, and second by second over the last minute. */
export function TrafficSection({ id }: Props) {
  const { edges } = usePage().live;
  const chosen = useMemo(() => edgesOf(id, edges), [id, edges]);
  if (chosen.length === 0) return null;
  return (
    <Section title={TRAFFIC.section}>
      <TrafficOf edges={chosen} />
    </Section>
  );
}

function TrafficOf({ edges }: { readonly edges: readonly Edge[] }) {
  const { on } = useTrafficSettings();
  const names = edges.map((edge) => edge.id).join(' ');
  useEffect(() => {
    traffic.focus(names.split(' '));
    return () => traffic.focus([]);
  }, [names]);
  useRateTicks();
  if (!on) {
    return (
      <p className="muted">
        {TRAFFIC.isOff}{' '}
        <button type="button" onClick={() => traffic.change({ on: true })}>
          {TRAFFIC.switchOn}
        </button>
      </p>
    );
  }
  const lanes = edges
    .flatMap((edge) => [
      { edge, forward: true },
      { edge, forward: false },
    ])
    .filter(({ edge, forward }) => traffic.rates.kindsOf(edge.id, forward).length > 0)
    .slice(0, 8);
  if (lanes.length === 0) return <p className="muted">{TRAFFIC.none}</p>;
  return (
    <>
      {lanes.map((lane) => (
        <Lane key={`${lane.edge.id} ${lane.forward}`} {...lane} />
      ))}
      <p className="muted">{TRAFFIC.since}</p>
    </>
  );
}

function Lane({ edge, forward }: { readonly edge: Edge; readonly forward: boolean }) {
  const kinds = traffic.rates.kindsOf(edge.id, forward);
  const [from, to] = forward ? [edge.from, edge.to] : [edge.to, edge.from];
  return (
    <section className="traffic-lane" data-lane={`${forward ? '>' : '<'}${edge.id}`}>
      <h3>{TRAFFIC.towards(nameOf(from), nameOf(to))}</h3>
      <table className="traffic-now">
        <thead>
          <tr>
            <th>{TRAFFIC.columns.kind}</th>
            <th>{TRAFFIC.columns.now}</th>
            <th>{TRAFFIC.columns.packets}</th>
            <th>{TRAFFIC.columns.octets}</th>
          </tr>
        </thead>
        <tbody>
          {[...kinds]
            .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
            .map(({ kind, packets, bits, totalPackets, totalOctets }) => (
              <tr key={kind}>
                <td>{KINDS[kind].name}</td>
                <td>{packets === 0 ? '–' : TRAFFIC.rate(short(packets), bitRate(bits))}</td>
                <td>{totalPackets.toLocaleString('en')}</td>
                <td>{octets(totalOctets)}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <Sparkline values={traffic.rates.historyOf(edge.id, forward)} />
    </section>
  );
}

const ORDER: readonly TrafficKind[] = ['tcp', 'udp', 'icmp', 'dns', 'arp', 'probe', 'other'];

/** A bar for each of the last sixty seconds. */
function Sparkline({ values }: { readonly values: readonly number[] }) {
  const most = Math.max(...values);
  const label = `${TRAFFIC.lastMinute}, ${TRAFFIC.most(TRAFFIC.packetsPerSecond(short(most)))}`;
  const bars = values
    .map((value, index) => {
      const height = most === 0 ? 0 : (value / most) * 30;
      return value === 0 ? '' : `M${index},31V${(31 - Math.max(1, height)).toFixed(1)}h0.8V31z`;
    })
    .join('');
  return (
    <>
      <svg
        className="sparkline"
        viewBox={`0 0 ${HISTORY_SECONDS} 32`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <line x1="0" y1="31.5" x2={HISTORY_SECONDS} y2="31.5" />
        <path d={bars} />
      </svg>
      <p className="muted">{label}</p>
    </>
  );
}

/** `pod:shop/web-0` → `shop/web-0`. */
function nameOf(vertex: string): string {
  return vertex.slice(vertex.indexOf(':') + 1);
}
