import { readStored, writeStored } from '../../state/stored.js';

/** Whether it is asked what happens next: not at all, the person at the page, or a class by show of hands. */
export const MODES = ['off', 'me', 'class'] as const;

/** One of `MODES`. */
export type Mode = (typeof MODES)[number];

/** What was answered so far. */
export interface PredictState {
  readonly mode: Mode;
  /** Answers, or hands, that were right. */
  readonly right: number;
  readonly asked: number;
  /** Answers by journey and step; `shown` and `skipped` count for nothing. */
  readonly answers: ReadonlyMap<string, Answer>;
}

/** What became of a question. */
export interface Answer {
  readonly choice: number | 'shown';
  /** The player went on after it. */
  readonly done: boolean;
}

/** How many answers are remembered. */
const MOST_ANSWERS = 500;

function storedMode(): Mode {
  const stored = readStored('predict');
  return MODES.find((mode) => mode === stored) ?? 'off';
}

/** The mode, which the browser keeps, and the score of this visit. */
export class PredictStore {
  state: PredictState = { mode: storedMode(), right: 0, asked: 0, answers: new Map() };
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  setMode(mode: Mode): void {
    writeStored('predict', mode);
    // Hands of a class are not added to one person's answers.
    this.#set({ mode, right: 0, asked: 0 });
  }

  /** Counts an answer, or the hands of a class. */
  score(right: number, asked: number): void {
    this.#set({ right: this.state.right + right, asked: this.state.asked + asked });
  }

  /** Notes what became of a question. */
  answer(key: string, answer: Answer): void {
    const answers = new Map(this.state.answers);
    answers.delete(key);
    answers.set(key, answer);
    for (const oldest of answers.keys()) {
      if (answers.size <= MOST_ANSWERS) break;
      answers.delete(oldest);
    }
    this.#set({ answers });
  }

  /** Forgets score and answers: the same trace is asked again. */
  startAnew(): void {
    this.#set({ right: 0, asked: 0, answers: new Map() });
  }

  #set(part: Partial<PredictState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.#listeners) listener();
  }
}

/** The one of this page. */
export const predictions = new PredictStore();
