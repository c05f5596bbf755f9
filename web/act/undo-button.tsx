import { useKeys } from '../keys/use-keys.js';
import { usePage } from '../page.js';
import { UNDO } from './words.js';

/** Takes back what was last done here; Ctrl Z does the same outside of fields. */
export function UndoButton() {
  const { undo } = usePage();
  useKeys('page', { undo: () => undo.undo() });
  return (
    <button
      type="button"
      disabled={undo.label === undefined}
      title={undo.label === undefined ? UNDO.nothing : UNDO.title(undo.label)}
      onClick={() => undo.undo()}
    >
      {UNDO.button}
    </button>
  );
}
