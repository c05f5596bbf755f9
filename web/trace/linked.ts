import type { Box } from '../model/geometry.js';
import { readLink } from './link.js';

/** What the link that opened the page restores: the address changes later, when a link is copied. */
export const linked = readLink(location.hash);

let { view } = linked;

/** The part of the drawing that the link shows, for the first drawing that there is. */
export function takeLinkedBox(): Box | undefined {
  const box = view;
  view = undefined;
  return box;
}

/** Keys of which one is in every link to a view. */
const OF_LINKS = ['trace', 'view', 'select', 'from', 'to', 'layers', 'find', 'fold'];

/** A link that is pasted over the address of an open page is opened; a theme alone is not. */
export function openPastedLinks(): void {
  window.addEventListener('hashchange', () => {
    const params = new URLSearchParams(location.hash.slice(1));
    if (OF_LINKS.some((key) => params.has(key))) location.reload();
  });
}
