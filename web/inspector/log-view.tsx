import { useEffect, useMemo, useRef, useState } from 'react';
import type { PodVertex } from '../../server/contract/graph.js';
import { plainText } from '../model/plain-text.js';
import { CopyButton } from '../panel/copy-button.js';
import { useScrollStop } from '../panel/scroll-box.js';
import { clusterBase } from '../state/cluster-base.js';
import { useContainer } from './ask.js';
import { followLog } from './follow-log.js';
import { WORDS } from './words.js';

/** What the containers of a pod print, as they print it. */
export function LogView({ pod }: { readonly pod: PodVertex }) {
  const { container, select } = useContainer(pod);
  const [since, setSince] = useState('');
  const [previous, setPrevious] = useState(false);
  const [search, setSearch] = useState('');
  const [paused, setPaused] = useState<string>();
  const { text, error } = useLog(pod, { container, previous, since });
  const pre = useRef<HTMLPreElement>(null);
  const stop = useScrollStop(pre);
  const atEnd = useRef(true);

  const shown = paused ?? text;
  const lines = useMemo(() => linesOf(shown), [shown]);
  const wanted = search.toLowerCase();
  const found = useMemo(
    () => (wanted === '' ? lines : lines.filter((line) => line.toLowerCase().includes(wanted))),
    [lines, wanted],
  );
  const printed = found.join('\n');
  const more = paused === undefined ? 0 : Math.max(0, linesOf(text).length - lines.length);

  // The end stays in view, unless a person scrolled up to read.
  useEffect(() => {
    if (atEnd.current && printed !== '') pre.current?.scrollTo({ top: pre.current.scrollHeight });
  }, [printed]);

  return (
    <div className="log-view">
      <div className="row">
        {select}
        <select
          aria-label={WORDS.logs.since}
          value={since}
          onChange={(event) => {
            setSince(event.target.value);
            setPaused(undefined);
          }}
        >
          {WORDS.logs.times.map(([seconds, label]) => (
            <option key={seconds} value={seconds}>
              {label}
            </option>
          ))}
        </select>
        <input
          type="search"
          className="log-search"
          aria-label={WORDS.logs.search}
          placeholder={WORDS.logs.searchHint}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <button
          type="button"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused === undefined ? text : undefined)}
        >
          {paused === undefined ? WORDS.logs.pause : WORDS.logs.resume}
        </button>
        <label className="check">
          <input
            type="checkbox"
            checked={previous}
            onChange={(event) => {
              setPrevious(event.target.checked);
              setPaused(undefined);
            }}
          />
          {WORDS.logs.previous}
        </label>
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      <p className="note">
        {wanted === ''
          ? WORDS.logs.lines(lines.length)
          : WORDS.logs.matches(found.length, lines.length)}
        {more > 0 ? <b className="busy"> {WORDS.logs.waiting(more)}</b> : null}
      </p>
      <div className="text-block">
        <CopyButton text={printed} />
        <pre
          ref={pre}
          role="log"
          aria-label={WORDS.logs.text}
          aria-live="off"
          {...stop}
          onScroll={({ currentTarget }) => {
            const { clientHeight, scrollHeight, scrollTop } = currentTarget;
            atEnd.current = scrollHeight - scrollTop - clientHeight < 20;
          }}
        >
          {printed === '' ? (wanted === '' ? WORDS.logs.empty : WORDS.logs.noMatch) : printed}
        </pre>
      </div>
    </div>
  );
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The text of a log while it is looked at. */
function useLog(
  pod: PodVertex,
  what: {
    readonly container: string | undefined;
    readonly previous: boolean;
    readonly since: string;
  },
) {
  const { container, previous, since } = what;
  const [state, setState] = useState<{ readonly text: string; readonly error?: string }>({
    text: '',
  });
  const { namespace, name } = pod;
  useEffect(() => {
    setState({ text: '' });
    if (container === undefined) return undefined;
    const base = clusterBase(location.pathname);
    return followLog(
      { base, namespace, pod: name, container, previous, since },
      {
        text: (text) => setState({ text: plainText(text) }),
        error: (error) => setState({ text: '', error }),
      },
    );
  }, [namespace, name, container, previous, since]);
  return state;
}
