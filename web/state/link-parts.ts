import { useEffect } from 'react';

/** What the page was opened with: the address changes when a link is copied. */
const opened = new URLSearchParams(typeof location === 'undefined' ? '' : location.hash.slice(1));
const parts = new Map<string, string>();

/** Longest value that is taken from a link. */
const MAX_LENGTH = 2000;

/** What the link that opened the page says under a key; undefined when it says nothing. */
export function linkedPart(key: string): string | undefined {
  return opened.get(key)?.slice(0, MAX_LENGTH) || undefined;
}

/** Puts a value into links that are copied from now on; undefined for what a page shows anyway. */
export function useLinkPart(key: string, value: string | undefined): void {
  useEffect(() => {
    if (value === undefined || value === '') return undefined;
    parts.set(key, value);
    return () => {
      parts.delete(key);
    };
  }, [key, value]);
}

/** What parts of the page want to be in a link, by key. */
export function linkParts(): ReadonlyMap<string, string> {
  return parts;
}
