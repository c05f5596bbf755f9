import { expect } from '@jest/globals';
import type { Journey } from '../../../server/contract/journey.js';
import { DROP_REASONS } from '../../../topology/index.js';

/** What a journey leaves unexplained: steps without a sentence, drops without a code, ends without a reason. */
export function unexplained(journey: Journey): readonly string[] {
  const gaps: string[] = [];
  const say = (text: string) => gaps.push(`${journey.title}: ${text}`);
  if (journey.hops.length === 0) say('it has no hops');
  if (!/\S+ \S+/.test(journey.summary)) say(`its summary is '${journey.summary}'`);
  const codes = journey.hops.flatMap((hop) => hop.steps).flatMap(({ code }) => code ?? []);
  if (['timeout', 'dropped'].includes(journey.disposition) && codes.length === 0)
    say(`${journey.disposition} without a drop`);
  for (const hop of journey.hops) {
    if (hop.place === '' || hop.steps.length === 0) say(`hop ${hop.number} is empty`);
    for (const step of hop.steps) {
      const where = `hop ${hop.number} ${hop.place} ${step.component} ${step.action}`;
      if (!/\S+ \S+/.test(step.reason)) say(`${where}: reason '${step.reason}'`);
      if (/undefined|NaN|\[object/.test(step.reason)) say(`${where}: ${step.reason}`);
      if (step.code !== undefined && !(step.code in DROP_REASONS)) say(`${where}: ${step.code}`);
      if (step.action === 'drop' && step.code === undefined) say(`${where}: a drop without code`);
    }
  }
  return gaps;
}

/** Fails unless the journey was delivered and every step of it says why. */
export function expectDelivered(journey: Journey): void {
  expect({ title: journey.title, ended: journey.disposition, why: journey.summary }).toMatchObject({
    ended: 'delivered',
  });
  expect(unexplained(journey)).toEqual([]);
}
