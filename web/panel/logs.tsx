import { useEffect, useRef, useState } from 'react';
import type { PodVertex } from '../../server/contract/graph.js';
import type { LiveStore } from '../state/live-store.js';
import { CopyButton } from './copy-button.js';
import { Section } from './detail-section.js';

const REFRESH_MS = 2000;

/** What the containers of a pod printed. */
export function Logs({ pod, store }: { readonly pod: PodVertex; readonly store: LiveStore }) {
  return (
    <Section title="Logs">
      <LogText pod={pod} store={store} />
    </Section>
  );
}

function LogText({ pod, store }: { readonly pod: PodVertex; readonly store: LiveStore }) {
  const names = pod.containers.filter((c) => c.role !== 'pause').map((c) => c.name);
  const [chosen, setChosen] = useState<string>();
  const [previous, setPrevious] = useState(false);
  const [text, setText] = useState('');
  const container = names.find((name) => name === chosen) ?? names[0];
  const end = useRef<HTMLPreElement>(null);
  const name = `${pod.namespace}/${pod.name}`;

  useEffect(() => {
    if (container === undefined) return undefined;
    let wanted = true;
    const load = async () => {
      const answer = await store.command('logs', {
        pod: name,
        container,
        ...(previous ? { previous } : {}),
      });
      if (wanted) setText(answer.ok ? answer.value : answer.error);
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [container, name, previous, store]);

  // The end stays in view, unless a person scrolled up to read.
  const atEnd = useRef(true);
  useEffect(() => {
    if (atEnd.current && text !== '') end.current?.scrollTo({ top: end.current.scrollHeight });
  }, [text]);

  return (
    <>
      <div className="row">
        <select
          value={container}
          onChange={(event) => setChosen(event.target.value)}
          aria-label="Container"
        >
          {names.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
        <label className="check">
          <input
            type="checkbox"
            checked={previous}
            onChange={(e) => setPrevious(e.target.checked)}
          />
          previous run
        </label>
      </div>
      <div className="text-block">
        <CopyButton text={text} />
        <pre
          ref={end}
          onScroll={({ currentTarget: pre }) => {
            atEnd.current = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 20;
          }}
        >
          {text === '' ? '(nothing printed)' : text}
        </pre>
      </div>
    </>
  );
}
