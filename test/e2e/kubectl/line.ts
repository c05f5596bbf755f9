import { expect } from '@jest/globals';
import type { KubectlRelease } from '../../helper/kubectls.js';
import { aligned, squeeze } from './text.js';
import type { Workbench } from './workbench.js';

/** What a command line prints and how it ends; absent is nothing and 0. */
export interface Answer {
  readonly out?: string;
  readonly err?: string;
  readonly code?: number;
  /** Why it is not checked yet. */
  readonly pending?: string;
}

/** One command line with the answer of a real cluster, written out by hand with placeholders (`text.ts`). */
export interface Line extends Answer {
  /** Its number in the list of acceptance lines; letters for what belongs to one. */
  readonly id: string;
  /** As typed into a shell. */
  readonly run: string;
  /** Lines of stdout that depend on how fast the cluster was, or on the release alone. */
  readonly passing?: RegExp;
  /** Answers of releases that word it otherwise. */
  readonly unlike?: Readonly<Partial<Record<KubectlRelease, Answer>>>;
}

/** The answer of a line to one release. */
export function answerTo(line: Line, release: KubectlRelease): Answer {
  return { ...line, ...line.unlike?.[release] };
}

/** Runs a line and compares all of its answer. */
export async function check(line: Line, release: KubectlRelease, bench: Workbench): Promise<void> {
  const { out = '', err = '', code = 0 } = answerTo(line, release);
  const ended = await bench.run(line.run);
  const { passing } = line;
  const lasting =
    passing === undefined
      ? ended.out
      : ended.out
          .split('\n')
          .filter((text) => !passing.test(text))
          .join('\n');
  expect({ out: aligned(lasting, out), err: aligned(ended.err, err), code: ended.code }).toEqual({
    out: squeeze(out),
    err: squeeze(err),
    code,
  });
}
