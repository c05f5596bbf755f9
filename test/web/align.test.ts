import { describe, expect, test } from '@jest/globals';
import type { Hop, Step } from '../../server/contract/journey.js';
import type { Frame } from '../../web/model/playback.js';
import { alignTraces, partingOf } from '../../web/trace/align.js';
import { cliOf, errorAt, manifestOf } from '../../web/trace/draft.js';
import { readLink, writeLink } from '../../web/trace/link.js';
import { changedOctets, comparedLayers, fieldAt } from '../../web/trace/packet-changes.js';

function frames(...steps: readonly (readonly [place: string, action: string, reason: string])[]) {
  return steps.map(([place, action, reason], index): Frame => {
    const step: Step = { atNs: index, component: 'route', action, reason };
    const hop: Hop = {
      number: index + 1,
      atNs: index,
      place,
      host: place,
      vertex: `node:${place}`,
      packet: 0,
      direction: 'request',
      steps: [step],
    };
    return { hop, step, index };
  });
}

function at(
  component: string,
  reason: string,
  {
    place = 'a',
    index = 0,
    packet,
    code,
  }: { place?: string; index?: number; packet?: string; code?: string } = {},
): Frame {
  const step: Step = {
    atNs: index,
    component,
    action: 'lookup',
    reason,
    ...(packet === undefined ? {} : { packet }),
    ...(code === undefined ? {} : { code }),
  };
  const hop: Hop = {
    number: index + 1,
    atNs: index,
    place,
    host: place,
    vertex: `node:${place}`,
    packet: 0,
    direction: 'request',
    steps: [step],
  };
  return { hop, step, index };
}

describe('two traces side by side', () => {
  test('match by place and action, and differ first where they part ways', () => {
    const left = frames(['a', 'lookup', 'x'], ['b', 'lookup', 'y'], ['c', 'deliver', 'z']);
    const right = frames(['a', 'lookup', 'x'], ['d', 'lookup', 'y'], ['c', 'deliver', 'z']);
    const { rows, first } = alignTraces(left, right);
    expect(rows.map((r) => [r.left?.hop.place, r.right?.hop.place, r.differs])).toEqual([
      ['a', 'a', false],
      ['b', undefined, true],
      [undefined, 'd', true],
      ['c', 'c', false],
    ]);
    expect(first).toBe(1);
  });

  test('are the same when only ephemeral ports and ages differ', () => {
    const left = frames(['a', 'lookup', '10.0.0.1:54321 learned 2 s ago']);
    const right = frames(['a', 'lookup', '10.0.0.1:61234 learned 9 s ago']);
    expect(alignTraces(left, right).first).toBeUndefined();
  });

  test.each([
    ['a neighbour is stale', 'eth0 knows that 10.0.0.9 has 02:00 (stale)', '(reachable)'],
    ['a process has another number', 'delivered to nginx (pid 9)', 'delivered to nginx (pid 31)'],
  ])('are the same when %s', (_, left, right) => {
    const component = left.startsWith('eth0') ? 'neighbor' : 'socket';
    expect(alignTraces([at(component, left)], [at(component, right)]).first).toBeUndefined();
  });

  test('tell chance when nothing else is different', () => {
    const left = [at('neighbor', 'knows (reachable)')];
    const right = [at('neighbor', 'knows (stale)')];
    expect(alignTraces(left, right, 'told').first).toBe(0);
  });

  test('do not differ by a node port, which is no ephemeral port, unless it is another one', () => {
    const [left, right] = ['dport 30080', 'dport 30081'].map((text) => at('netfilter', `:${text}`));
    if (left === undefined || right === undefined) throw new Error('two steps');
    expect(alignTraces([left], [left]).first).toBeUndefined();
    expect(alignTraces([left], [right]).first).toBe(0);
  });

  test('part ways where something is decided, not where they ask for another end', () => {
    const asking = (dst: string, ...steps: readonly (readonly [string, string])[]) =>
      steps.map(([component, reason], index) =>
        at(component, reason, { index, packet: `IP 10.0.0.1.40000 > ${dst}.80: Flags [S]` }),
      );
    const left = asking(
      '10.96.0.1',
      ['route', '10.96.0.1 matches route default via 10.0.0.254'],
      ['netfilter', 'DNAT to 10.0.1.4:80'],
    );
    const right = asking(
      '10.96.0.11',
      ['route', '10.96.0.11 matches route default via 10.0.0.254'],
      ['netfilter', 'none of its rules decided'],
    );
    const alignment = alignTraces(left, right);
    expect(alignment.common).toBe(1);
    const parting = partingOf(alignment);
    expect(parting?.left?.step.reason).toBe('DNAT to 10.0.1.4:80');
    expect(parting?.right?.step.reason).toBe('none of its rules decided');
  });

  test('leave out copies that switches flood and other machines ignore', () => {
    const ignored = at('device', 'not for it', { place: 'other', code: 'other-host' });
    const step = at('route', 'x');
    expect(alignTraces([step, ignored], [step]).rows).toHaveLength(1);
  });
});

describe('the packet before and after a step', () => {
  const ip = (ttl: string) => ({
    name: 'IPv4',
    offset: 0,
    length: 20,
    fields: [
      { name: 'version', value: '4', offset: 0, length: 1 },
      { name: 'TTL', value: ttl, offset: 8, length: 1 },
    ],
  });
  const before = { layers: [ip('64')], octets: '45', length: 20 };

  test('marks the field that changed and its octet', () => {
    const layers = comparedLayers({ ...before, layers: [ip('63')] }, before);
    expect(layers[0]?.fields.map(({ other }) => other)).toEqual([undefined, '64']);
    expect([...changedOctets(layers)]).toEqual([8]);
  });

  test('marks a header that was put on at the outside', () => {
    const ethernet = { name: 'Ethernet', offset: 0, length: 2, fields: [] };
    const layers = comparedLayers({ ...before, layers: [ethernet, ip('64')] }, before);
    expect(layers.map(({ alone }) => alone)).toEqual([true, false]);
    expect([...changedOctets(layers)]).toEqual([0, 1]);
  });

  test('finds the field of an octet', () => {
    expect(fieldAt(before, 8)).toEqual({ layer: 0, field: 1 });
    expect(fieldAt(before, 12)).toBeUndefined();
  });
});

describe('a request of the trace form', () => {
  const request = { from: 'shop/a b', to: 'svc/web:80', protocol: 'udp', ttl: 3 } as const;

  test('is a command', () => {
    expect(cliOf(request, 'http://h:1')).toBe(
      "npx podnet trace --server http://h:1 'shop/a b' svc/web:80 --protocol udp --ttl 3",
    );
  });

  test('is a Trace', () => {
    expect(manifestOf(request)).toBe(`apiVersion: podnet.dev/v1
kind: Trace
metadata:
  generateName: trace-
spec:
  from: "shop/a b"
  to: "svc/web:80"
  protocol: "udp"
  ttl: 3
`);
  });

  test.each([
    ["from: no pod 'x'", 'from', "no pod 'x'"],
    ['ttl must be a whole number', 'ttl', 'ttl must be a whole number'],
    ['the probe did not end', undefined, 'the probe did not end'],
  ])('%s is shown at %s', (text, field, shown) => {
    expect(errorAt(text)).toEqual({ field, text: shown });
  });
});

describe('a link', () => {
  test('restores what is selected, in sight and asked for', () => {
    const view = { x: -5, y: 10, width: 300, height: 200 };
    const draft = {
      from: 'shop/a',
      to: 'web.shop:80',
      protocol: 'icmp',
      port: '',
      size: '9000',
      ttl: '',
      dontFragment: true,
    } as const;
    const linked = { selected: 'pod:shop/a', view, draft };
    expect(readLink(writeLink(linked))).toEqual(linked);
  });

  test.each(['', '#view=1,2,3', '#view=a,b,c,d', '#view=0,0,-1,5', '#%', '#select='])(
    'ignores what it does not understand: %s',
    (hash) => {
      expect(readLink(hash)).toEqual({ selected: undefined, view: undefined, draft: undefined });
    },
  );
});
