import { useCallback, useEffect, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import type { DetailSection, FaultRequest, VertexDetails } from '../../server/contract/live.js';
import type { LiveState, LiveStore } from '../state/live-store.js';

interface Props {
  readonly id: string;
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly onClose: () => void;
  readonly onNotice: (text: string) => void;
  readonly onJourney: (journey: Journey) => void;
}

/** How often an open panel asks again, in milliseconds: kernels change without a diff of the graph. */
const REFRESH_MS = 2000;

/** What the selected thing is made of, read from its kernel, and what can be done to it. */
export function DetailsPanel({ id, live, store, onClose, onNotice, onJourney }: Props) {
  const [details, setDetails] = useState<VertexDetails>();
  const [error, setError] = useState<string>();
  const vertex = live.vertices.get(id);
  const edge = live.edges.get(id);

  const load = useCallback(async () => {
    const answer = await store.command('details', { id });
    if (answer.ok) {
      setDetails(answer.value);
      setError(undefined);
    } else setError(answer.error);
  }, [id, store]);

  useEffect(() => {
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => clearInterval(timer);
  }, [load]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);

  async function fault(request: FaultRequest) {
    const answer = await store.command('fault', request);
    onNotice(answer.ok ? answer.value : answer.error);
    load();
  }

  async function remove(kind: string, name: string, namespace: string) {
    const answer = await store.command('delete', { kind, name, namespace });
    onNotice(answer.ok ? answer.value : answer.error);
  }

  return (
    <aside className="right" aria-label="Details">
      <div className="panel-head">
        <div>
          <h2>{details?.title ?? vertex?.name ?? id}</h2>
          <p className="muted">{details?.subtitle}</p>
        </div>
        <button type="button" onClick={onClose} title="Close (Esc)">
          ✕
        </button>
      </div>
      <div className="actions">
        {vertex?.kind === 'pod' ? (
          <>
            {vertex.containers
              .filter((c) => c.role !== 'pause' && c.state === 'running')
              .map((c) => (
                <button
                  key={c.name}
                  type="button"
                  onClick={() =>
                    fault({
                      kind: 'kill-container',
                      pod: `${vertex.namespace}/${vertex.name}`,
                      container: c.name,
                    })
                  }
                >
                  ✂ kill {c.name}
                </button>
              ))}
            <button
              type="button"
              onClick={() =>
                fault({ kind: 'kill-pause', pod: `${vertex.namespace}/${vertex.name}` })
              }
              title="The sandbox dies with it: a new one comes with a new IP"
            >
              ✂ kill pause
            </button>
            <button
              type="button"
              className="danger"
              onClick={() => remove('Pod', vertex.name, vertex.namespace)}
            >
              delete pod
            </button>
            {details?.journey === undefined ? null : (
              <button
                type="button"
                onClick={() => details.journey !== undefined && onJourney(details.journey)}
              >
                ▶ how it came to be
              </button>
            )}
          </>
        ) : null}
        {vertex?.kind === 'service' ? (
          <button
            type="button"
            className="danger"
            onClick={() => remove('Service', vertex.name, vertex.namespace)}
          >
            delete Service
          </button>
        ) : null}
        {vertex?.kind === 'node' ? (
          <button
            type="button"
            onClick={() =>
              fault({ kind: vertex.ready ? 'node-down' : 'node-up', node: vertex.name })
            }
          >
            {vertex.ready ? '⏻ stop kubelet' : '⏻ start kubelet'}
          </button>
        ) : null}
        {edge === undefined ? null : (
          <button
            type="button"
            onClick={() => fault({ kind: edge.up ? 'link-down' : 'link-up', edge: edge.id })}
          >
            {edge.up ? '✂ take link down' : '⛓ bring link up'}
          </button>
        )}
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {details?.sections.map((section) => (
        <Section key={`${section.kind} ${section.title}`} section={section} />
      ))}
      {vertex?.kind === 'pod' ? <Logs id={id} live={live} store={store} /> : null}
    </aside>
  );
}

function Section({ section }: { readonly section: DetailSection }) {
  return (
    <details className="section" open={section.kind !== 'text'}>
      <summary>{section.title}</summary>
      {section.kind === 'facts' ? (
        <dl>
          {section.rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {section.kind === 'table' ? <SectionTable section={section} /> : null}
      {section.kind === 'text' ? <pre>{section.text}</pre> : null}
    </details>
  );
}

function SectionTable({ section }: { readonly section: DetailSection & { kind: 'table' } }) {
  return (
    <div className="scroll">
      {section.rows.length === 0 ? <p className="muted">none</p> : null}
      {section.rows.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              {section.columns.map((column) => (
                <th key={column}>{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {section.rows.map((row) => (
              <tr key={row.join('\u0000')}>
                {row.map((cell, index) => (
                  <td key={section.columns[index] ?? index}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {section.note === undefined ? null : <p className="muted">{section.note}</p>}
    </div>
  );
}

function Logs({
  id,
  live,
  store,
}: {
  readonly id: string;
  readonly live: LiveState;
  readonly store: LiveStore;
}) {
  const vertex = live.vertices.get(id);
  const names =
    vertex?.kind === 'pod'
      ? vertex.containers.filter((c) => c.role !== 'pause').map((c) => c.name)
      : [];
  const [chosen, setChosen] = useState<string>();
  const [text, setText] = useState('');
  const container = chosen ?? names[0];

  useEffect(() => {
    if (container === undefined) return undefined;
    const load = async () => {
      const answer = await store.command('logs', { pod: id.slice('pod:'.length), container });
      setText(answer.ok ? answer.value : answer.error);
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => clearInterval(timer);
  }, [container, id, store]);

  return (
    <details className="section">
      <summary>Logs</summary>
      <select
        value={container}
        onChange={(event) => setChosen(event.target.value)}
        aria-label="Container"
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <pre>{text === '' ? '(nothing printed yet)' : text}</pre>
    </details>
  );
}
