import type { Toast } from '../state/toasts.js';
import { TOASTS } from './words.js';

interface Props {
  readonly toasts: readonly Toast[];
  readonly onDismiss: (id: number) => void;
}

/** What became of commands, newest last. */
export function Toasts({ toasts, onDismiss }: Props) {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <button
          key={toast.id}
          type="button"
          className={`toast ${toast.tone}`}
          onClick={() => onDismiss(toast.id)}
          title={TOASTS.dismiss}
        >
          <span aria-hidden="true">{toast.tone === 'good' ? '✔' : '✘'}</span> {toast.text}
        </button>
      ))}
    </div>
  );
}
