import { type FormEvent, useState } from 'react';
import type { PodVertex } from '../../server/contract/graph.js';
import type { BindReport } from '../../server/contract/inspector.js';
import { Section } from '../panel/detail-section.js';
import type { LiveStore } from '../state/live-store.js';
import { Answer, useAsk, useContainer } from './ask.js';
import { WORDS } from './words.js';

const PROTOCOLS = ['tcp', 'udp'] as const;

const ADDRESSES = ['0.0.0.0', '127.0.0.1', '::', '::1'];

/** "What if a container binds …?", answered by the rules of the emulated kernel. */
export function BindForm({ pod, store }: { readonly pod: PodVertex; readonly store: LiveStore }) {
  const { container = '', select } = useContainer(pod);
  const [protocol, setProtocol] = useState<'tcp' | 'udp'>('tcp');
  const [address, setAddress] = useState('0.0.0.0');
  const [port, setPort] = useState('80');
  const [options, setOptions] = useState({ reuseAddr: false, reusePort: false, v6only: false });
  const { ask, error, refuse, value: report } = useAsk(store, 'tryBind');

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!/^\d{1,5}$/.test(port.trim()) || Number(port) > 65535) {
      refuse(WORDS.bind.portHint);
      return;
    }
    await ask({
      pod: `${pod.namespace}/${pod.name}`,
      container,
      protocol,
      address,
      port: Number(port),
      ...options,
    });
  }

  return (
    <Section title={WORDS.bind.title}>
      <form className="inspector-form bind-form" onSubmit={submit}>
        <div className="row">
          {select}
          <select
            aria-label={WORDS.bind.protocol}
            value={protocol}
            onChange={(event) => setProtocol(event.target.value === 'udp' ? 'udp' : 'tcp')}
          >
            {PROTOCOLS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <input
            className="bind-address"
            aria-label={WORDS.bind.address}
            list="bind-addresses"
            value={address}
            spellCheck={false}
            onChange={(event) => setAddress(event.target.value)}
          />
          <datalist id="bind-addresses">
            {[...ADDRESSES, ...(pod.ip === undefined ? [] : [pod.ip])].map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <input
            className="bind-port"
            aria-label={WORDS.bind.port}
            inputMode="numeric"
            value={port}
            onChange={(event) => setPort(event.target.value)}
          />
        </div>
        <div className="row">
          {(
            [
              ['reuseAddr', 'SO_REUSEADDR'],
              ['reusePort', 'SO_REUSEPORT'],
              ['v6only', 'IPV6_V6ONLY'],
            ] as const
          ).map(([option, label]) =>
            option === 'v6only' && !address.includes(':') ? null : (
              <label key={option} className="check">
                <input
                  type="checkbox"
                  checked={options[option]}
                  onChange={(event) => setOptions({ ...options, [option]: event.target.checked })}
                />
                {label}
              </label>
            ),
          )}
          <button type="submit" className="primary">
            {WORDS.bind.ask}
          </button>
        </div>
        <p className="note">{WORDS.bind.hint}</p>
      </form>
      <Answer error={error} good={report?.outcome === 'bound'}>
        {report === undefined ? null : <Told report={report} />}
      </Answer>
    </Section>
  );
}

function Told({ report }: { readonly report: BindReport }) {
  return (
    <>
      <b>
        {report.outcome === 'bound' ? WORDS.bind.bound : WORDS.bind.refused}
        {report.errno === undefined ? null : <code className="code">{report.errno}</code>}
      </b>
      <p>{report.summary}</p>
      <ul>
        {report.neighbors.map(({ who, bound, why }) => (
          <li key={`${who} ${bound}`}>
            <b>{who}</b> {bound}: {why}
          </li>
        ))}
        {report.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </>
  );
}
