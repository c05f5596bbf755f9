import { useState } from 'react';
import { type Search, TONES } from '../model/filter.js';
import { linkedPart, useLinkPart } from '../state/link-parts.js';

/** What is looked for in the graph, at first what the link says; links that are copied tell it. */
export function useLinkedSearch(): readonly [Search, (search: Search) => void] {
  const [search, setSearch] = useState(linkedSearch);
  useLinkPart('find', search.text);
  useLinkPart('in', search.namespace);
  useLinkPart('state', search.tone);
  return [search, setSearch];
}

function linkedSearch(): Search {
  return {
    text: linkedPart('find')?.slice(0, 300) ?? '',
    namespace: linkedPart('in')?.slice(0, 63) ?? '',
    tone: TONES.find((tone) => tone === linkedPart('state')) ?? '',
  };
}
