import { type FormEvent, useState } from 'react';
import type { PodVertex } from '../../server/contract/graph.js';
import type { QueueRequest, QueueRow } from '../../server/contract/inspector.js';
import { Section } from '../panel/detail-section.js';
import type { LiveStore } from '../state/live-store.js';
import { Answer, useAsk, useContainer } from './ask.js';
import { WORDS } from './words.js';

interface Props {
  readonly pod: PodVertex;
  readonly queues: readonly QueueRow[];
  readonly store: LiveStore;
  readonly onChanged: () => void;
}

const DEFAULT_NAME = { posix: '/jobs', sysv: '0x1234' } as const;

/** Sends to a message queue of the pod and takes from it, as a program in a container would. */
export function QueueForm({ pod, queues, store, onChanged }: Props) {
  const { container = '', select } = useContainer(pod);
  const [kind, setKind] = useState<'posix' | 'sysv'>('posix');
  const [name, setName] = useState<string>();
  const [text, setText] = useState('hello');
  const [priority, setPriority] = useState('');
  const { ask, error, value: report } = useAsk(store, 'queue');
  const names = queues.filter((queue) => queue.kind === kind).map((queue) => queue.name);
  const shownName = name ?? names[0] ?? DEFAULT_NAME[kind];

  async function run(action: QueueRequest['action']) {
    await ask({
      pod: `${pod.namespace}/${pod.name}`,
      container,
      kind,
      action,
      name: shownName.trim(),
      ...(action === 'send' ? { text } : {}),
      ...(priority.trim() === '' ? {} : { priority: Number(priority) }),
    });
    onChanged();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void run('send');
  }

  return (
    <Section title={WORDS.queue.title}>
      <form className="inspector-form queue-form" onSubmit={submit}>
        <div className="row">
          {select}
          <select
            aria-label={WORDS.queue.kind}
            value={kind}
            onChange={(event) => {
              setKind(event.target.value === 'sysv' ? 'sysv' : 'posix');
              setName(undefined);
            }}
          >
            <option value="posix">{WORDS.queue.posix}</option>
            <option value="sysv">{WORDS.queue.sysv}</option>
          </select>
          <input
            className="queue-name"
            aria-label={WORDS.queue.name}
            list="queue-names"
            value={shownName}
            spellCheck={false}
            onChange={(event) => setName(event.target.value)}
          />
          <datalist id="queue-names">
            {names.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </div>
        <div className="row">
          <input
            className="queue-text"
            aria-label={WORDS.queue.text}
            placeholder={WORDS.queue.text}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <input
            className="queue-priority"
            aria-label={kind === 'posix' ? WORDS.queue.priority : WORDS.queue.type}
            placeholder={kind === 'posix' ? WORDS.queue.priority : WORDS.queue.type}
            inputMode="numeric"
            value={priority}
            onChange={(event) => setPriority(event.target.value)}
          />
        </div>
        <div className="row">
          <button type="submit" className="primary">
            {WORDS.queue.send}
          </button>
          <button type="button" onClick={() => run('receive')}>
            {WORDS.queue.receive}
          </button>
          <button type="button" onClick={() => run('create')}>
            {WORDS.queue.create}
          </button>
          <button type="button" className="danger" onClick={() => run('remove')}>
            {WORDS.queue.remove}
          </button>
        </div>
      </form>
      <Answer error={error} good={report?.errno === undefined}>
        {report === undefined ? null : (
          <>
            <b>
              {report.errno === undefined ? '✔ ' : '✘ '}
              <code>{report.call}</code>
            </b>
            <p>{report.summary}</p>
            {report.text === undefined ? null : (
              <p>
                {WORDS.queue.got} <q className="queue-got">{report.text}</q>
              </p>
            )}
          </>
        )}
      </Answer>
    </Section>
  );
}
