import { expect, test } from '@jest/globals';
import { renderSuggestions } from '../../server/cli/render/suggestions.js';
import type { Journey } from '../../server/contract/journey.js';
import type { SuggestReport } from '../../server/contract/what-if.js';

const PLAIN = { columns: 100, colour: false };

const JOURNEY: Journey = {
  kind: 'packet',
  id: 'x-1',
  title: '',
  disposition: 'delivered',
  summary: '',
  startedNs: 0,
  endedNs: 0,
  hops: [],
};

const trace = { from: 'client', to: 'typo:80', protocol: 'tcp' } as const;

test('suggestions are printed with the lines that they change, and what did not help', () => {
  const report: SuggestReport = {
    suggestions: [
      {
        id: 'x-1',
        text: 'Let Service default/typo select app=web',
        because: 'its selector (app=wbe) matches no pod',
        scope: 'cluster',
        size: 'field',
        changes: [
          {
            kind: 'text',
            title: 'Service default/typo',
            before: 'spec:\n  selector:\n    app: wbe\n  ports: []\n',
            after: 'spec:\n  selector:\n    app: web\n  ports: []\n',
          },
          { kind: 'commands', title: 'worker-1', lines: ['sysctl -w net.ipv4.ip_forward=1'] },
        ],
        deeds: [],
        trace,
        journey: JOURNEY,
      },
    ],
    others: [{ text: 'Heal fault broken', outcome: 'dropped' }],
    tookMs: 300,
  };
  expect(renderSuggestions(report, PLAIN)).toBe(`
What would make it arrive (tried on copies of the cluster)
1. ✔ Let Service default/typo select app=web
     its selector (app=wbe) matches no pod
     Service default/typo
     -     app: wbe
     +     app: web
       worker-1# sysctl -w net.ipv4.ip_forward=1

Tried, and it did not help
  ✘ Heal fault broken
`);
});

test('why there are none is said', () => {
  const report = { suggestions: [], others: [], why: 'the cluster is too large', tookMs: 1 };
  expect(renderSuggestions(report, PLAIN)).toBe(`
What would make it arrive (tried on copies of the cluster)
  the cluster is too large
`);
});
