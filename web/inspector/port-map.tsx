import type {
  EphemeralReport,
  PortBindingRow,
  PortConflictRow,
  PortRow,
  PortsReport,
} from '../../server/contract/reports.js';
import { Section } from '../panel/detail-section.js';
import { WORDS } from './words.js';

/** Ports of a pod: what the manifest declares, what sockets hold, what Services and nodes publish. */
export function PortMap({ report }: { readonly report: PortsReport }) {
  const { conflicts, ephemeral, notes, rows } = report;
  return (
    <>
      {conflicts.length === 0 ? null : (
        <Section title={WORDS.ports.conflicts} note={String(conflicts.length)}>
          {conflicts.map((conflict) => (
            <Conflict
              key={`${conflict.container} ${conflict.protocol} ${conflict.port} ${conflict.holder}`}
              conflict={conflict}
            />
          ))}
        </Section>
      )}
      <Section title={WORDS.ports.title} note={String(rows.length)}>
        {rows.length === 0 ? (
          <p className="muted">{WORDS.ports.none}</p>
        ) : (
          <ul className="port-map">
            {rows.map((row) => (
              <Row key={`${row.protocol} ${row.port}`} row={row} />
            ))}
          </ul>
        )}
        <p className="note">{WORDS.ports.legend}</p>
        {notes.length === 0 ? null : (
          <ul className="port-notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </Section>
      {ephemeral === undefined ? null : <Ephemeral report={ephemeral} />}
    </>
  );
}

function Row({ row }: { readonly row: PortRow }) {
  const { bindings, declaredBy, port, protocol, published } = row;
  return (
    <li>
      <b className="port-number">
        {port}
        <span className="muted">/{protocol}</span>
      </b>
      <dl>
        <div title={WORDS.ports.declaredHint}>
          <dt>{WORDS.ports.declared}</dt>
          <dd>
            {declaredBy.length === 0 ? <span className="muted">-</span> : null}
            {declaredBy.map((container) => (
              <span
                key={container}
                className={bindings.length > 0 ? 'port-chip' : 'port-chip open'}
              >
                {container}
              </span>
            ))}
          </dd>
        </div>
        <div title={WORDS.ports.boundHint}>
          <dt>{WORDS.ports.bound}</dt>
          <dd>
            {bindings.length === 0 ? <span className="muted">{WORDS.ports.unbound}</span> : null}
            {bindings.map((binding) => (
              <Binding
                key={`${binding.pid} ${binding.address} ${binding.family}`}
                binding={binding}
              />
            ))}
          </dd>
        </div>
        <div title={WORDS.ports.publishedHint}>
          <dt>{WORDS.ports.published}</dt>
          <dd>
            {published.length === 0 ? <span className="muted">-</span> : null}
            {published.map((where) => (
              <span key={where} className="port-chip out">
                {where}
              </span>
            ))}
          </dd>
        </div>
      </dl>
    </li>
  );
}

function Binding({ binding }: { readonly binding: PortBindingRow }) {
  const { address, container, family, pid, scope, state } = binding;
  return (
    <span className={`port-binding ${scope}`} title={WORDS.ports.scopeHints[scope]}>
      <b>{container}</b> <span className="muted">{WORDS.ports.pid(pid)}</span>
      <br />
      {WORDS.ports.scopes[scope]} <code>{address}</code> <span className="family">{family}</span>{' '}
      <span className="muted">{state}</span>
    </span>
  );
}

function Conflict({ conflict }: { readonly conflict: PortConflictRow }) {
  const { address, at, container, errno, holder, port, protocol } = conflict;
  const where =
    address === 'hostPort'
      ? `hostPort ${port}/${protocol}`
      : `${address.includes(':') ? `[${address}]` : address}:${port}/${protocol}`;
  return (
    <div className="inspector-answer bad port-conflict">
      <b>
        ✘ {WORDS.ports.lost(container, where)} <code className="code">{errno}</code>
      </b>
      <p>
        {at === undefined ? null : <span className="muted">{WORDS.ports.at(at)}, </span>}
        {WORDS.ports.held} <b>● {holder}</b>
      </p>
    </div>
  );
}

/** The range as a bar with a tick for each port that is taken. */
function Ephemeral({ report }: { readonly report: EphemeralReport }) {
  const { high, low, privilegedBelow, used, usedCount } = report;
  const at = (port: number) => `${((port - low) / Math.max(1, high - low)) * 100}%`;
  return (
    <Section title={WORDS.ports.ephemeral} note={String(usedCount)}>
      <p className="note">
        {WORDS.ports.range(low, high)}:{' '}
        {usedCount === 0 ? WORDS.ports.unused : WORDS.ports.used(usedCount)};{' '}
        {WORDS.ports.privileged(privilegedBelow)}
      </p>
      <div className="port-range" aria-hidden="true">
        {used.map(({ port, protocol, remote }) => (
          <i key={`${protocol} ${port} ${remote}`} style={{ left: at(port) }} />
        ))}
      </div>
      <ul className="port-used">
        {used.slice(0, LISTED).map(({ port, protocol, remote, who }) => (
          <li key={`${protocol} ${port} ${remote}`}>
            <code>
              {port}/{protocol}
            </code>{' '}
            {who} → {remote}
          </li>
        ))}
      </ul>
      {usedCount > LISTED ? <p className="muted">{WORDS.ports.more(usedCount - LISTED)}</p> : null}
    </Section>
  );
}

/** Taken ports that are listed by name. */
const LISTED = 8;
