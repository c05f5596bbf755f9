import { type RefObject, useEffect, useRef } from 'react';

/**
 * Opens a dialog over everything as soon as it is there, which keeps the keyboard within it. However it goes away, the
 * keyboard is where it was before, or at the graph if that is gone.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    if (dialog.current?.open === false) dialog.current.showModal();
    return () => {
      const { activeElement } = document;
      if (activeElement !== null && activeElement !== document.body) return;
      const back = before?.isConnected === true && before !== document.body ? before : undefined;
      const to = back ?? document.querySelector('main');
      if (to instanceof HTMLElement || to instanceof SVGElement) to.focus();
    };
  }, []);
  return dialog;
}
