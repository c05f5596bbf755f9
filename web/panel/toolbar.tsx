import type { ReactNode } from 'react';
import type { LiveState, LiveStore } from '../state/live-store.js';
import { Clock } from './clock.js';

interface Props {
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly onApply: () => void;
  readonly onError: (text: string) => void;
  /** Further controls. */
  readonly children?: ReactNode;
}

/** Name and facts of the cluster, the clock and its controls. */
export function Toolbar({ live, store, onApply, onError, children }: Props) {
  const { cluster } = live;
  return (
    <header className="toolbar">
      <strong className="brand">podnet</strong>
      <span className="facts cluster-facts">
        {cluster === undefined
          ? ''
          : `${cluster.name} · Kubernetes ${cluster.version} · pods ${cluster.clusterCidr} · Services ${cluster.serviceCidr} · DNS ${cluster.dnsIp} · ${cluster.network}`}
      </span>
      <PodCount live={live} />
      <Clock live={live} store={store} onError={onError} />
      {children}
      <button type="button" className="primary" onClick={onApply}>
        + Apply manifest
      </button>
      <span className={live.connected ? 'link good' : 'link bad'} role="status">
        {live.connected ? '● live' : '▲ no connection'}
      </span>
    </header>
  );
}

function PodCount({ live }: { readonly live: LiveState }) {
  let pods = 0;
  let well = 0;
  let bad = 0;
  for (const vertex of live.vertices.values()) {
    if (vertex.kind !== 'pod') continue;
    pods += 1;
    if (vertex.tone === 'good' || vertex.tone === 'done') well += 1;
    if (vertex.tone === 'bad') bad += 1;
  }
  return (
    <span className="facts pod-count">
      {well}/{pods} pods well
      {bad > 0 ? <b className="bad"> ▲ {bad}</b> : null}
    </span>
  );
}
