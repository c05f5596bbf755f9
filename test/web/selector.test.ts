import { describe, expect, test } from '@jest/globals';
import { dimmedBy } from '../../web/model/filter.js';
import { completionsOf, fulfils, labelBook, parseQuery } from '../../web/model/selector.js';
import { pod } from './build.js';

const BOOK = labelBook([
  { labels: { app: 'web', tier: 'front' } },
  { labels: { app: 'worker', 'app.kubernetes.io/name': 'store' } },
]);

describe('a search', () => {
  test.each<readonly [string, Record<string, string>, boolean]>([
    ['app=web', { app: 'web' }, true],
    ['app=web', { app: 'web2' }, false],
    ['app==web', { app: 'web' }, true],
    ['app!=web', { app: 'web' }, false],
    ['app!=web', {}, true],
    ['tier in (a, b)', { tier: 'b' }, true],
    ['tier in (a,b)', { tier: 'c' }, false],
    ['tier notin (a,b)', {}, true],
    ['!canary', { canary: '' }, false],
    ['!canary', { app: 'web' }, true],
    ['app=web,tier in (a)', { app: 'web', tier: 'a' }, true],
    ['app=web tier=b', { app: 'web', tier: 'a' }, false],
    ['app=', { app: 'anything' }, true],
    ['constructor=x', {}, false],
  ])('%s of the labels %j is %s', (text, labels, wanted) => {
    const { requirements, words } = parseQuery(text);
    expect(words).toEqual([]);
    expect(fulfils(labels, requirements)).toBe(wanted);
  });

  test.each([
    ['web 10.244.1.4', ['web', '10.244.1.4']],
    ['Nginx:1.27 app=web', ['nginx:1.27']],
    ['(', ['(']],
    ['=', ['=']],
    ['a in (', ['a', 'in', '(']],
  ])('%s has the words %j', (text, words) => {
    expect(parseQuery(text).words).toEqual(words);
  });

  test('by a label leaves the Services of the pods that have it', () => {
    const web = { ...pod('web', 'w1'), labels: { app: 'web' } };
    const db = pod('db', 'w1');
    const service = (name: string, id: string) =>
      ({
        id: `service:default/${name}`,
        kind: 'service',
        name,
        namespace: 'default',
        type: 'ClusterIP',
        clusterIp: '10.96.0.9',
        ports: [],
        endpoints: [],
        pods: [id],
        unready: [],
        mappings: [],
        nodePorts: [],
      }) as const;
    const vertices = [web, db, service('web', web.id), service('db', db.id)];
    const dimmed = dimmedBy(vertices, { namespace: '', tone: '', text: 'app=web' });
    expect([...dimmed]).toEqual(['pod:default/db', 'service:default/db']);
  });
});

describe('completion', () => {
  test.each([
    ['ap', ['app=', 'app.kubernetes.io/name=']],
    ['!ti', ['!tier']],
    ['app=w', ['web', 'worker']],
    ['tier=front, app!=we', ['web']],
    ['app in (web, w', ['web', 'worker']],
    ['web ', []],
    ['zzz', []],
  ])('of %j offers %j', (text, labels) => {
    expect(completionsOf(text, BOOK).map(({ label }) => label)).toEqual(labels);
  });

  test('keeps what stands before', () => {
    expect(completionsOf('tier=front, app=wo', BOOK)[0]?.text).toBe('tier=front, app=worker');
  });
});
