import { useId, useMemo, useRef, useState } from 'react';
import type { Vertex } from '../../server/contract/graph.js';
import { useKeys } from '../keys/use-keys.js';
import { completionsOf, labelBook } from '../model/selector.js';
import { SEARCH } from './stage-words.js';

interface Props {
  readonly text: string;
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly onText: (text: string) => void;
  /** Shows the next pod that matches. */
  readonly onFind: () => void;
}

/** Finds pods by words and label selectors; what labels there are is offered while one types. */
export function SearchBox({ text, vertices, onText, onFind }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useKeys('page', { find: () => input.current?.focus() });
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const book = useMemo(
    () => (isOpen ? labelBook(labelled(vertices)) : new Map<string, ReadonlySet<string>>()),
    [isOpen, vertices],
  );
  const offers = isOpen ? completionsOf(text, book) : [];
  const chosen = offers[active];
  const take = (next: string) => {
    onText(next);
    setActive(-1);
    setOpen(next.endsWith('='));
    input.current?.focus();
  };

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (offers.length === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((before) => ((before + 1 + step + offers.length + 1) % (offers.length + 1)) - 1);
    } else if (event.key === 'Enter') {
      if (chosen !== undefined) take(chosen.text);
      else {
        setOpen(false);
        onFind();
      }
    } else if (event.key === 'Escape' && offers.length > 0) {
      event.stopPropagation();
      setOpen(false);
    } else return;
    event.preventDefault();
  }

  return (
    <span className="search-box">
      <input
        type="search"
        ref={input}
        className="find"
        placeholder={SEARCH.placeholder}
        aria-label={SEARCH.label}
        title={SEARCH.label}
        role="combobox"
        aria-expanded={offers.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={chosen === undefined ? undefined : `${id}-${active}`}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          onText(event.target.value.slice(0, 500));
          setOpen(true);
          setActive(-1);
        }}
      />
      <div
        id={id}
        className="offers"
        aria-label={SEARCH.offers}
        role="listbox"
        hidden={offers.length === 0}
      >
        {offers.map((offer, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input hears the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the keyboard stays in the input
          <div
            key={offer.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(offer.text)}
          >
            {offer.label}
          </div>
        ))}
      </div>
    </span>
  );
}

function* labelled(vertices: ReadonlyMap<string, Vertex>) {
  for (const vertex of vertices.values()) if (vertex.kind === 'pod') yield vertex;
}
