/** What predict mode asks before a step is shown: made from the step, with choices that could be true at that place. */

import type { Hop, Step } from '../../../server/contract/journey.js';
import type { Frame } from '../../model/playback.js';
import { type Draft, draftOf, type World } from './draft.js';
import { hashOf, shuffled } from './shuffle.js';

/** A question about what happens next. */
export interface Question {
  /** Names the step, whatever is filtered: the hop's number and the step's place in it. */
  readonly key: string;
  /** Position of the first frame that would give the answer away. */
  readonly askAt: number;
  /** Position of the frame that is asked about. */
  readonly answerAt: number;
  readonly prompt: string;
  readonly choices: readonly string[];
  /** Index of the true choice. */
  readonly right: number;
  /** What really happens, and why. */
  readonly reason: string;
}

/** Choices of a question. */
const MOST_CHOICES = 4;
const FEWEST_CHOICES = 3;
/** Questions of one journey: a class wants to see it arrive. */
const MOST_QUESTIONS = 10;

/** The questions of a journey, in the order of its frames. The same trace is always asked the same. */
export function questionsOf(
  id: string,
  frames: readonly Frame[],
  world: World,
): readonly Question[] {
  const questions: Question[] = [];
  const asked = new Map<string, number>();
  let freeFrom = 1;
  for (const frame of frames) {
    if (frame.index < freeFrom || questions.length >= MOST_QUESTIONS) continue;
    const draft = draftOf(frame, frames, world);
    if (draft === undefined || isKnown(draft, frame.hop, asked)) continue;
    const askAt = Math.max(draft.from ?? frame.index, freeFrom);
    const question = finished({ id, frame, draft, askAt });
    if (question === undefined) continue;
    questions.push(question);
    count(asked, draft.kind);
    count(asked, sameness(draft, frame.hop));
    freeFrom = frame.index + 1;
  }
  return questions;
}

/** The same question is not asked again where the same packet is sent again. */
function isKnown(draft: Draft, hop: Hop, asked: ReadonlyMap<string, number>): boolean {
  return (asked.get(draft.kind) ?? 0) >= draft.times || (asked.get(sameness(draft, hop)) ?? 0) > 0;
}

function sameness({ about, kind, truth }: Draft, { place }: Hop): string {
  return `${kind} ${place} ${about ?? truth}`;
}

function count(asked: Map<string, number>, key: string): void {
  asked.set(key, (asked.get(key) ?? 0) + 1);
}

interface Parts {
  readonly id: string;
  readonly frame: Frame;
  readonly draft: Draft;
  readonly askAt: number;
}

function finished({ id, frame, draft, askAt }: Parts): Question | undefined {
  const key = keyOf(frame);
  const others = [...new Set(draft.others)].filter((other) => other !== draft.truth);
  const chosen = [draft.truth, ...others.slice(0, MOST_CHOICES - 1)];
  if (chosen.length < FEWEST_CHOICES) return undefined;
  const choices = shuffled(chosen, hashOf(`${id} ${key}`));
  return {
    key,
    askAt,
    answerAt: frame.index,
    prompt: draft.prompt,
    choices,
    right: choices.indexOf(draft.truth),
    reason: frame.step.reason,
  };
}

/** Names a step within its journey. */
export function keyOf({ hop, step }: { readonly hop: Hop; readonly step: Step }): string {
  return `${hop.number}:${hop.steps.indexOf(step)}`;
}
