import type { KeyboardEvent, RefObject } from 'react';

/** Arrow keys, Home and End move between tabs, as the ARIA pattern wants; the keys go no further. */
export function useTabKeys(
  list: RefObject<HTMLElement | null>,
  count: number,
  at: number,
  choose: (index: number) => void,
): (event: KeyboardEvent) => void {
  return (event) => {
    const to = targetOf(event.key, at, count);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(to);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };
}

function targetOf(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
