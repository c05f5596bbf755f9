import { useEffect, useState } from 'react';
import type { DetailSection } from '../../server/contract/live.js';
import { SectionBody } from '../panel/detail-section.js';
import { rove } from '../panel/roving.js';
import type { LiveStore } from '../state/live-store.js';
import { ARTEFACTS } from './words.js';

interface Props {
  readonly store: LiveStore;
  /** Of the journey. */
  readonly id: string;
  /** Of the step; undefined where there is nothing to read. */
  readonly artefacts: string | undefined;
}

/** Documents, commands and tables of a step of a pod's journey, one at a time. */
export function ArtefactPanel({ store, id, artefacts }: Props) {
  const { sections, error, of } = useArtefacts(store, id, artefacts);
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, Math.max(0, sections.length - 1));
  const shown = sections[at];
  useEffect(() => {
    if (of !== undefined) setChosen(0);
  }, [of]);
  if (artefacts === undefined) return <p className="artefact-panel muted">{ARTEFACTS.none}</p>;
  if (shown === undefined)
    return <p className={error === undefined ? 'muted' : 'error'}>{error ?? ARTEFACTS.loading}</p>;
  return (
    <section className="artefact-panel" aria-label={ARTEFACTS.title}>
      <div
        className="artefact-tabs"
        role="tablist"
        aria-label={ARTEFACTS.title}
        onKeyDown={(event) => rove(event, '[role=tab]')?.click()}
      >
        {sections.map(({ title }, index) => (
          <button
            key={title}
            type="button"
            role="tab"
            aria-selected={index === at}
            tabIndex={index === at ? 0 : -1}
            onClick={() => setChosen(index)}
          >
            {title.replace(/ \(JSON\)$/, '')}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and is scrolled by keys */}
      <div className="artefact-body" role="tabpanel" aria-label={shown.title} tabIndex={0}>
        <SectionBody section={shown} />
      </div>
    </section>
  );
}

/** What a step left to be read; the last one stays until the next has come. */
function useArtefacts(store: LiveStore, id: string, artefacts: string | undefined) {
  const [state, setState] = useState<{
    readonly sections: readonly DetailSection[];
    readonly error?: string;
    readonly of?: string;
  }>({ sections: [] });
  useEffect(() => {
    if (artefacts === undefined) return undefined;
    let wanted = true;
    const timer = setTimeout(async () => {
      const answer = await store.command('podStep', { id, artefacts });
      if (!wanted) return;
      setState(
        answer.ok
          ? { sections: answer.value, of: artefacts }
          : { sections: [], error: answer.error, of: artefacts },
      );
    }, 40);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [store, id, artefacts]);
  return state;
}
