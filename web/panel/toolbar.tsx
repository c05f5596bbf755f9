import type { LiveState, LiveStore } from '../state/live-store.js';

interface Props {
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly onApply: () => void;
  readonly onFit: () => void;
}

const SPEEDS = [0.1, 0.5, 1, 2, 10, 60];

/** Name and facts of the cluster, the clock and its controls. */
export function Toolbar({ live, store, onApply, onFit }: Props) {
  const { clock, cluster } = live;
  const pods = [...live.vertices.values()].filter((v) => v.kind === 'pod');
  const running = pods.filter(
    (p) => p.kind === 'pod' && (p.tone === 'good' || p.tone === 'done'),
  ).length;
  return (
    <header className="toolbar">
      <strong className="brand">podnet</strong>
      {cluster === undefined ? null : (
        <span className="facts">
          {cluster.name} · Kubernetes {cluster.version} · pods {cluster.clusterCidr} · Services{' '}
          {cluster.serviceCidr} · {cluster.network}
        </span>
      )}
      <span className="spacer" />
      <span className="facts">
        {running}/{pods.length} pods well
      </span>
      {clock === undefined ? null : (
        <fieldset className="clock" aria-label="Simulated clock">
          <output title="Simulated time">{clock.now.slice(11, 19)}</output>
          <button
            type="button"
            onClick={() => store.command('clock', { paused: !clock.paused })}
            title={clock.paused ? 'Let time run' : 'Stop time'}
          >
            {clock.paused ? '▶ run' : '❚❚ pause'}
          </button>
          <button
            type="button"
            onClick={() => store.command('clock', { step: true })}
            title="Run the next event only"
          >
            ❙▶ step
          </button>
          <label>
            <span className="visually-hidden">Speed</span>
            <select
              value={clock.speed}
              onChange={(e) => store.command('clock', { speed: Number(e.target.value) })}
            >
              {[...new Set([...SPEEDS, clock.speed])]
                .sort((a, b) => a - b)
                .map((speed) => (
                  <option key={speed} value={speed}>
                    {speed}×
                  </option>
                ))}
            </select>
          </label>
        </fieldset>
      )}
      <button type="button" onClick={onFit} title="Show everything, in its computed place">
        ⤢ fit
      </button>
      <button type="button" className="primary" onClick={onApply}>
        ＋ apply manifest
      </button>
      <span className={live.connected ? 'link good' : 'link bad'} role="status">
        {live.connected ? '● live' : '▲ disconnected'}
      </span>
    </header>
  );
}
