import { type FormEvent, useEffect, useMemo, useState } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import { compareNames } from '../model/layout.js';
import type { LiveState } from '../state/live-store.js';

interface Props {
  readonly live: LiveState;
  readonly selected: string | undefined;
  /** Resolves with a sentence when the probe could not be sent. */
  readonly onSend: (request: TraceRequest) => Promise<string | undefined>;
}

type Protocol = TraceRequest['protocol'];

/** Chooses two ends and a protocol. */
export function TraceForm({ live, selected, onSend }: Props) {
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [protocol, setProtocol] = useState<Protocol>('tcp');
  const [error, setError] = useState<string>();
  const [sending, setSending] = useState(false);
  const sources = useMemo(() => sourcesOf(live), [live]);
  const targets = useMemo(() => targetsOf(live, protocol), [live, protocol]);

  // A pod that was clicked first is where most people want to start.
  useEffect(() => {
    if (selected?.startsWith('pod:'))
      setFrom((before) => (before === '' ? selected.slice('pod:'.length) : before));
  }, [selected]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    setError(await onSend({ from: from.trim(), to: to.trim(), protocol }));
    setSending(false);
  }

  return (
    <form className="card trace-form" onSubmit={submit}>
      <h2>Send a packet</h2>
      <label>
        from
        <input
          list="sources"
          value={from}
          onChange={(e) => setFrom(e.target.value)}
          placeholder="namespace/pod"
          required
        />
      </label>
      <label>
        to
        <input
          list="targets"
          value={to}
          onChange={(e) => setTo(e.target.value)}
          placeholder="Service, pod, name or IP, :port"
          required
        />
      </label>
      <datalist id="sources">
        {sources.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      <datalist id="targets">
        {targets.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      <div className="row">
        {(['tcp', 'udp', 'icmp'] as const).map((value) => (
          <label key={value} className="choice">
            <input
              type="radio"
              name="protocol"
              checked={protocol === value}
              onChange={() => setProtocol(value)}
            />
            {value === 'icmp' ? 'ping' : value.toUpperCase()}
          </label>
        ))}
        <button type="submit" className="primary" disabled={sending}>
          {sending ? 'on its way…' : 'send ➤'}
        </button>
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}

function sourcesOf(live: LiveState): string[] {
  const pods: string[] = [];
  const machines: string[] = [];
  for (const vertex of live.vertices.values()) {
    if (vertex.kind === 'pod') pods.push(`${vertex.namespace}/${vertex.name}`);
    else if (vertex.kind === 'node') machines.push(`node/${vertex.name}`);
    else if (vertex.kind === 'outside') machines.push(vertex.name);
  }
  return [...pods.sort(compareNames), ...machines.sort(compareNames)];
}

function targetsOf(live: LiveState, protocol: Protocol): string[] {
  const services: string[] = [];
  for (const vertex of live.vertices.values()) {
    if (vertex.kind !== 'service') continue;
    for (const port of vertex.ports) {
      if (protocol !== 'icmp' && !port.includes(`/${protocol.toUpperCase()}`)) continue;
      services.push(
        `${vertex.name}.${vertex.namespace}.svc.cluster.local:${Number.parseInt(port, 10)}`,
      );
    }
  }
  return [...services.sort(compareNames), ...sourcesOf(live)];
}
