import { useEffect, useRef } from 'react';
import { useStoredSwitch } from '../state/stored.js';
import './keys.css';
import { useModal } from '../panel/use-modal.js';
import { KEYS, keyNames, type Scope } from './table.js';
import { SINGLE_KEYS } from './use-keys.js';
import { KEY_WORDS } from './words.js';

const SCOPES: readonly Scope[] = ['page', 'player', 'graph', 'map', 'editor', 'terminal'];

/** Signs of keys, and their short names. */
const SIGNS: Readonly<Record<string, string>> = {
  ' ': 'space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Control: 'Ctrl',
};

/** All keys of the page, over everything. */
export function HelpDialog({
  scopes = SCOPES,
  onClose,
}: {
  /** Parts whose keys are listed; all unless said. */
  readonly scopes?: readonly Scope[] | undefined;
  readonly onClose: () => void;
}) {
  const dialog = useModal();
  const closer = useRef<HTMLButtonElement>(null);
  const [single, setSingle] = useStoredSwitch(SINGLE_KEYS, true);
  useEffect(() => closer.current?.focus(), []);
  return (
    <dialog ref={dialog} className="keys-dialog" aria-label={KEY_WORDS.title} onClose={onClose}>
      <h2>{KEY_WORDS.title}</h2>
      <div className="keys-columns">
        {scopes.map((scope) => (
          <section key={scope}>
            <h3>{KEY_WORDS.scopes[scope]}</h3>
            <dl>
              {keyNames()
                .filter((name) => KEYS[name].scope === scope)
                .map((name) => (
                  <div key={name}>
                    <dt>
                      {KEYS[name].keys.map((key) => (
                        <Key key={key} name={key} />
                      ))}
                    </dt>
                    <dd>{KEY_WORDS.what[name]}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="row">
        <label className="check">
          <input
            type="checkbox"
            checked={single}
            onChange={(event) => setSingle(event.target.checked)}
          />
          {KEY_WORDS.single}
        </label>
        <span className="spacer" />
        <button
          ref={closer}
          type="button"
          className="primary"
          onClick={() => dialog.current?.close()}
        >
          {KEY_WORDS.close}
        </button>
      </div>
    </dialog>
  );
}

function Key({ name }: { readonly name: string }) {
  return (
    <kbd>
      {name
        .split(/\+(?=.)/)
        .map((part) => SIGNS[part] ?? part)
        .join(' ')}
    </kbd>
  );
}
