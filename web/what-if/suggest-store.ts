import type { Journey } from '../../server/contract/journey.js';
import type { TraceRequest } from '../../server/contract/live.js';
import type { Suggestion, SuggestReport } from '../../server/contract/what-if.js';
import type { LiveStore } from '../state/live-store.js';

/** A trace that failed. */
export interface AskedTrace {
  readonly request: TraceRequest;
  /** Absent when it could not be sent. */
  readonly journey: Journey | undefined;
}

/** What was asked last, and what is known about it. */
export interface SuggestState {
  readonly asked: AskedTrace | undefined;
  readonly report: SuggestReport | undefined;
  readonly error: string | undefined;
  readonly busy: boolean;
  /** Whether the list is shown. */
  readonly open: boolean;
  /** Ids of suggestions that were applied. */
  readonly applied: ReadonlySet<string>;
}

const NOTHING: SuggestState = {
  asked: undefined,
  report: undefined,
  error: undefined,
  busy: false,
  open: false,
  applied: new Set(),
};

/** The last search of this page; `subscribe` and `state` suit React's useSyncExternalStore. */
export class SuggestStore {
  state: SuggestState = NOTHING;
  readonly #listeners = new Set<() => void>();
  #run = '';
  #runs = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Shows what is known of a trace, and searches when nothing is. */
  ask(store: LiveStore, asked: AskedTrace): void {
    const { state } = this;
    const known = state.asked?.journey === asked.journey && state.asked?.request === asked.request;
    if (known && (state.busy || state.report !== undefined)) {
      this.#set({ ...state, open: true });
      return;
    }
    void this.search(store, asked);
  }

  /** Searches anew; a search that runs is given up. */
  async search(store: LiveStore, asked: AskedTrace): Promise<void> {
    if (this.state.busy) this.stop(store);
    this.#runs += 1;
    const run = `${Date.now().toString(36)}-${this.#runs}`;
    this.#run = run;
    this.#set({ ...NOTHING, asked, busy: true, open: true });
    const { journey, request } = asked;
    const answer = await store.command('suggest', {
      trace: request,
      run,
      ...(journey === undefined ? {} : { journey: journey.id }),
    });
    if (this.#run !== run) return;
    this.#set({
      ...this.state,
      busy: false,
      report: answer.ok ? answer.value : undefined,
      error: answer.ok ? undefined : answer.error,
    });
  }

  /** Ends the search that runs; what it has found is shown. */
  stop(store: LiveStore): void {
    void store.command('suggestEnd', { run: this.#run });
  }

  show(open: boolean): void {
    this.#set({ ...this.state, open });
  }

  /** Notes that a suggestion was applied. */
  applied(id: string): void {
    this.#set({ ...this.state, applied: new Set([...this.state.applied, id]) });
  }

  /** The suggestion that a journey belongs to. */
  suggestionOf(journey: Journey | undefined): Suggestion | undefined {
    return this.state.report?.suggestions.find(({ journey: own }) => own.id === journey?.id);
  }

  #set(state: SuggestState): void {
    this.state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** The one of this page: the player, the form and the list all look at the same search. */
export const suggestions = new SuggestStore();
