import { useEffect, useRef, useState } from 'react';
import { Shell } from './shell.js';
import { type TerminalTarget, titleOf } from './target.js';
import { WORDS } from './words.js';
import type { Mounted } from './xterm.js';

interface Props {
  readonly base: string;
  readonly target: TerminalTarget;
  readonly shown: boolean;
  readonly screenReader: boolean;
  readonly onLeave: () => void;
}

/** One terminal. Its shell lives as long as it, whether it is shown or not. */
export function TerminalView({ base, target, shown, screenReader, onLeave }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const mounted = useRef<Mounted>(undefined);
  const current = useRef({ onLeave, screenReader, shown });
  current.current = { onLeave, screenReader, shown };
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<string>();

  useEffect(() => {
    const parent = element.current;
    if (parent === null) return undefined;
    let shell: Shell | undefined;
    let wanted = true;
    const title = titleOf(target);
    import('./xterm.js').then(
      ({ mountTerminal }) => {
        if (!wanted) return;
        setLoading(false);
        const made = mountTerminal(parent, {
          label: WORDS.label(title),
          screenReader: current.current.screenReader,
          onInput: (text) => shell?.input(text),
          onResize: (columns, rows) => shell?.resize(columns, rows),
          onLeave: () => current.current.onLeave(),
        });
        mounted.current = made;
        shell = new Shell(base, target, made.screen);
        window.addEventListener('pagehide', shell.close);
        shell.start();
        if (current.current.shown) made.focus();
      },
      (failure: unknown) => setError(String(failure)),
    );
    return () => {
      wanted = false;
      if (shell !== undefined) window.removeEventListener('pagehide', shell.close);
      shell?.close();
      mounted.current?.dispose();
      mounted.current = undefined;
    };
  }, [base, target]);

  useEffect(() => mounted.current?.setScreenReader(screenReader), [screenReader]);
  useEffect(() => {
    if (shown) mounted.current?.focus();
  }, [shown]);

  return (
    <div className="terminal-view" hidden={!shown} role="tabpanel" aria-label={titleOf(target)}>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {isLoading && error === undefined ? <p className="muted">{WORDS.loading}</p> : null}
      <div className="terminal-screen" ref={element} />
    </div>
  );
}
