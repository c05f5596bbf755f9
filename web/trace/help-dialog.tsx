import { useEffect, useRef } from 'react';
import { HELP } from './words.js';

/** The keys of the player, over everything. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="keys-dialog" aria-label={HELP.title} onClose={onClose}>
      <h2>{HELP.title}</h2>
      <dl>
        {HELP.rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" className="primary" onClick={() => dialog.current?.close()}>
        {HELP.close}
      </button>
    </dialog>
  );
}
