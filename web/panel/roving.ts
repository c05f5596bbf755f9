import type { KeyboardEvent } from 'react';

/**
 * Arrows, Home and End move the keyboard within a list whose members are one stop of Tab together (WAI-ARIA Authoring
 * Practices, "Keyboard Navigation Inside Components"). Answers the member that has the keyboard now; undefined for
 * other keys.
 */
export function rove(event: KeyboardEvent<HTMLElement>, members: string): HTMLElement | undefined {
  const list = [...event.currentTarget.querySelectorAll<HTMLElement>(members)];
  const at = list.findIndex((member) => member === document.activeElement);
  const to = target(event.key, { at, last: list.length - 1 });
  const next = to === undefined ? undefined : list[to];
  if (next === undefined) return undefined;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
  return next;
}

function target(
  key: string,
  { at, last }: { readonly at: number; readonly last: number },
): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return at >= last ? 0 : at + 1;
    case 'ArrowLeft':
    case 'ArrowUp':
      return at <= 0 ? last : at - 1;
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
