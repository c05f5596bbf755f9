import { useEffect, useRef } from 'react';
import { readStored } from '../state/stored.js';
import { isSingle, type KeyName, keyPressed, type Scope } from './table.js';

/** Where keys belong to what is written or chosen there. */
const OWN_KEYS =
  'input:not([type=checkbox], [type=range]), textarea, select, dialog, [contenteditable], .xterm, .menu-panel, [role=menu]';
/** What takes Enter and space itself. */
const PRESSED_BY_SPACE = 'button, summary, a, input[type=checkbox], [role=button], [role=tab]';

/** Where the choice is kept whether keys of one sign work. */
export const SINGLE_KEYS = 'keys.single';

/**
 * Hears keys of the table while a part is shown, everywhere on the page but where something is written. A key that was
 * heard does nothing else.
 */
export function useKeys(
  scope: Scope,
  acts: Partial<Record<KeyName, (event: KeyboardEvent) => void>>,
): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const name = keyPressed(scope, event);
      const act = name === undefined ? undefined : latest.current[name];
      if (name === undefined || act === undefined || isTaken(event)) return;
      if (isSingle(name) && readStored(SINGLE_KEYS) === false) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [scope]);
}

function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (document.querySelector('dialog:modal') !== null) return true;
  if (key === 'Escape') return target.closest('.xterm, dialog') !== null;
  if (key === ' ' && target.closest(PRESSED_BY_SPACE) !== null) return true;
  return target.closest(OWN_KEYS) !== null;
}
