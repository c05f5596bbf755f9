import { useState } from 'react';
import { HelpDialog } from './help-dialog.js';
import type { Scope } from './table.js';
import { useKeys } from './use-keys.js';
import { KEY_WORDS } from './words.js';

/** Opens the list of keys, all of them or those of some parts; so does the question mark. */
export function HelpButton({ scopes }: { readonly scopes?: readonly Scope[] }) {
  const [isOpen, setOpen] = useState(false);
  useKeys('page', { help: () => setOpen(true) });
  return (
    <>
      <button
        type="button"
        title={KEY_WORDS.title}
        aria-label={KEY_WORDS.title}
        onClick={() => setOpen(true)}
      >
        {KEY_WORDS.button}
      </button>
      {isOpen ? <HelpDialog scopes={scopes} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
