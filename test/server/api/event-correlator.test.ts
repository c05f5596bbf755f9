import { expect, test } from '@jest/globals';
import { EventCorrelator } from '../../../server/api/event-correlator.js';

const MINUTE = 60e9;

function said(correlator: EventCorrelator, message: string, atNs = 0): string | undefined {
  return correlator.correlate({ about: 'a', similar: 'a r', message }, atNs)?.message;
}

test('the tenth similar event within ten minutes is combined with those after it', () => {
  const correlator = new EventCorrelator();
  const messages = Array.from({ length: 11 }, (_, index) => said(correlator, `m${index}`));
  expect(messages.slice(8)).toEqual([
    'm8',
    '(combined from similar events): m9',
    '(combined from similar events): m10',
  ]);
  expect(said(correlator, 'later', 11 * MINUTE)).toBe('later');
});

test('after 25 events about one object one in five minutes is left', () => {
  const correlator = new EventCorrelator();
  for (let index = 0; index < 25; index++) expect(said(correlator, 'm')).toBe('m');
  expect(said(correlator, 'm')).toBeUndefined();
  expect(said(correlator, 'm', 5 * MINUTE)).toBe('m');
  expect(said(correlator, 'm', 5 * MINUTE)).toBeUndefined();
});
