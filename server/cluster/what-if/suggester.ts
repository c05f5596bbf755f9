import type { Journey } from '../../contract/journey.js';
import type { SuggestReport, SuggestRequest } from '../../contract/what-if.js';
import { traceProblem } from '../../live/podnet-router.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import { searchSuggestions } from './search.js';

/** How long a search may take, in real milliseconds. */
const LONGEST_MS = 20_000;
/** How many may wait for their turn; copies are made one after the other. */
const MOST_WAITING = 4;

/** Searches for suggestions, one at a time. */
export class Suggester {
  readonly #cluster: Cluster;
  /** Names of searches that run or wait; false when they were given up. */
  readonly #wanted = new Map<string, boolean>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Searches when its turn has come; refuses what is not a failed trace, and when too many wait. */
  async suggest(request: SuggestRequest): Promise<Reply<SuggestReport>> {
    const run = String(request.run).slice(0, 60);
    const { trace, journey: id } = request;
    if (typeof trace !== 'object' || trace === null) return refuse('a trace must be given');
    const problem = traceProblem(trace);
    if (problem !== undefined) return refuse(problem);
    const journey =
      id === undefined ? undefined : this.#cluster.archive.record(String(id))?.journey;
    if (id !== undefined && journey === undefined)
      return refuse('this trace is no longer kept: send it again');
    if (journey?.disposition === 'delivered')
      return refuse('this trace arrived: nothing is to be changed');
    if (this.#wanted.has(run)) return refuse('this search is running already');
    if (this.#wanted.size >= MOST_WAITING)
      return refuse('changes are being tried for others: ask again in a moment');
    this.#wanted.set(run, true);
    const turn = this.#last.then(() => this.#search(run, request, journey));
    this.#last = turn.catch(() => undefined);
    try {
      return reply(await turn);
    } finally {
      this.#wanted.delete(run);
    }
  }

  /** Gives a search up; what it found so far is its answer. */
  end(run: string): void {
    if (this.#wanted.has(run)) this.#wanted.set(run, false);
  }

  #search(run: string, { trace }: SuggestRequest, journey: Journey | undefined) {
    const untilMs = performance.now() + LONGEST_MS;
    return searchSuggestions({
      live: this.#cluster,
      request: trace,
      journey,
      run: `what-if-${run}`,
      over: () => this.#wanted.get(run) !== true || performance.now() > untilMs,
    });
  }
}
