import type { Answer } from '../../server/contract/live.js';
import type { Deed } from '../../server/contract/what-if.js';
import type { LiveStore } from '../state/live-store.js';

/** What became of one command. */
export interface Carried {
  readonly text: string;
  readonly undo?: string;
}

/** Carries out one command of a suggestion, as its button on the page would. */
export async function carryOut(store: LiveStore, deed: Deed): Promise<Answer<Carried>> {
  switch (deed.command) {
    case 'apply':
    case 'deleteManifest': {
      const answer = await store.command(deed.command, deed.request);
      if (!answer.ok) return answer;
      const { lines, problems, objects, undo } = answer.value;
      const [problem] = problems;
      if (problem !== undefined) return { ok: false, error: problem.message };
      if (objects.some(({ outcome }) => outcome === 'refused'))
        return { ok: false, error: lines[0] ?? '' };
      return {
        ok: true,
        value: { text: lines.join(', '), ...(undo === undefined ? {} : { undo }) },
      };
    }
    case 'act':
      return store.command('act', deed.request);
    case 'fault':
      return store.command('fault', deed.request);
    case 'typed':
      return store.command('typed', deed.request);
  }
}
