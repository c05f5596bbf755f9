import { describe, expect, test } from '@jest/globals';
import type { PacketCrossing, TrafficSlice } from '../../server/contract/traffic.js';
import { layTracks } from '../../web/model/tracks.js';
import { DropMarks, MARK_MS } from '../../web/traffic/drop-marks.js';
import { edgesOf } from '../../web/traffic/edges-of.js';
import { Lines } from '../../web/traffic/lines.js';
import { Rates } from '../../web/traffic/rates.js';
import { Timetable } from '../../web/traffic/timetable.js';
import { bitRate, octets, short } from '../../web/traffic/words.js';
import { cluster, edges, place } from './build.js';

const SECOND_NS = 1e9;
const all = () => true;

function slice(fromNs: number, toNs: number, more: Partial<TrafficSlice> = {}): TrafficSlice {
  const rest = { lanes: 0, packets: 0, octets: 0 };
  return { fromNs, toNs, realMs: 100, lanes: [], rest, crossings: [], drops: [], ...more };
}

/** A tenth of a second in which so many TCP packets of 1,000 octets go along an edge. */
function tenth(number: number, packets: number): TrafficSlice {
  const fromNs = (number * SECOND_NS) / 10;
  const counts = { tcp: [packets, packets * 1000] } as const;
  return slice(fromNs, fromNs + SECOND_NS / 10, { lanes: [{ edge: 'e', forward: true, counts }] });
}

describe('rates', () => {
  test('come to what passes in a second, and fade when nothing does', () => {
    const rates = new Rates();
    for (let number = 0; number < 100; number += 1) rates.add(tenth(number, 120), 1);
    const { packets, bits } = rates.rateOf('e', true, all);
    expect(packets).toBeCloseTo(1200, -2);
    expect(bits).toBeCloseTo(9.6e6, -6);
    expect(rates.rateOf('e', false, all)).toEqual({ packets: 0, bits: 0 });
    rates.passTime(30 * SECOND_NS);
    expect(rates.rateOf('e', true, all)).toEqual({ packets: 0, bits: 0 });
  });

  test('are per second of simulated time at every speed', () => {
    const rates = new Rates();
    for (let number = 0; number < 100; number += 1) {
      const lanes = [{ edge: 'e', forward: true, counts: { udp: [600, 600] } }] as const;
      rates.add(slice(number * 6 * SECOND_NS, (number + 1) * 6 * SECOND_NS, { lanes }), 60);
    }
    expect(rates.rateOf('e', true, all).packets).toBeCloseTo(100, 0);
  });

  test('leave out kinds that are not shown, and keep totals', () => {
    const rates = new Rates();
    rates.add(tenth(0, 50), 1);
    expect(rates.rateOf('e', true, (kind) => kind !== 'tcp').packets).toBe(0);
    expect(rates.kindsOf('e', true)).toMatchObject([
      { kind: 'tcp', totalPackets: 50, totalOctets: 50_000 },
    ]);
  });

  test('remember the last minute second by second', () => {
    const rates = new Rates();
    rates.add(tenth(5, 7), 1);
    rates.add(tenth(15, 9), 1);
    rates.passTime(3.5 * SECOND_NS);
    const history = rates.historyOf('e', true);
    expect(history).toHaveLength(60);
    expect(history.slice(-4)).toEqual([7, 9, 0, 0]);
    rates.passTime(100 * SECOND_NS);
    expect(rates.historyOf('e', true).every((packets) => packets === 0)).toBe(true);
  });
});

const ENDS = new Map([
  ['a-m', { from: 'a', to: 'm' }],
  ['m-b', { from: 'm', to: 'b' }],
]);

function crossing(id: number, after: number, edge: string, forward: boolean): PacketCrossing {
  return { id, after, edge, forward, atNs: 1000, kind: 'tcp', tone: 'request' };
}

/** A packet from a to b by m, and its answer, all in one instant. */
const THERE_AND_BACK = [
  crossing(1, 0, 'a-m', true),
  crossing(2, 1, 'm-b', true),
  crossing(3, 0, 'm-b', false),
  crossing(4, 3, 'a-m', false),
];

function planned(crossings: readonly PacketCrossing[], speed = 1): Timetable {
  const timetable = new Timetable((edge) => ENDS.get(edge));
  timetable.add(slice(0, SECOND_NS / 10, { crossings }), { nowMs: 1000, speed });
  return timetable;
}

describe('the timetable', () => {
  test('shows a packet edge after edge, and the answer when the question has arrived', () => {
    const timetable = planned(THERE_AND_BACK);
    const legs = [1, 2, 3, 4].map((id) => timetable.legOf(id));
    const starts = legs.map((leg) => leg?.startMs ?? 0);
    const ends = legs.map((leg) => leg?.endMs ?? 0);
    expect(starts[0]).toBeGreaterThanOrEqual(1000);
    expect(starts.slice(1)).toEqual(ends.slice(0, 3));
    expect(legs[3]?.first).toEqual({ edge: 'm-b', forward: false });
    expect([...timetable.at((starts[1] ?? 0) + 1)].map(({ edge }) => edge)).toEqual(['m-b']);
    expect([...timetable.at(timetable.busyUntilMs)]).toEqual([]);
  });

  test('keeps packets of one lane apart that were sent at once', () => {
    const timetable = planned([crossing(1, 0, 'a-m', true), crossing(2, 0, 'a-m', true)]);
    const [one, two] = [timetable.legOf(1), timetable.legOf(2)];
    expect((two?.startMs ?? 0) - (one?.startMs ?? 0)).toBeGreaterThan(50);
  });

  test('takes longer where the clock runs slowly', () => {
    const leg = planned(THERE_AND_BACK, 0.5).legOf(1);
    const usual = planned(THERE_AND_BACK).legOf(1);
    expect((leg?.endMs ?? 0) - (leg?.startMs ?? 0)).toBe(
      2 * ((usual?.endMs ?? 0) - (usual?.startMs ?? 0)),
    );
  });

  test('shows a long conversation faster, and stays bounded under a flood', () => {
    const talk: PacketCrossing[] = [];
    for (let turn = 0; turn < 2000; turn += 2) {
      talk.push(crossing(turn + 1, 0, 'a-m', true), crossing(turn + 2, 0, 'a-m', false));
    }
    const timetable = planned(talk);
    expect(timetable.busyUntilMs).toBeLessThan(9000);
    expect([...timetable.at(3000)].length).toBeLessThan(20);
  });
});

describe('ways', () => {
  const layout = place(cluster);
  const lines = new Lines({
    layout,
    tracks: layTracks(layout, edges),
    edges: new Map(edges.map((edge) => [edge.id, edge])),
  });
  const course = (edge: string, forward: boolean) => ({ edge, forward });

  test('go through the IP stack of a node, from bridge to card and back', () => {
    const up = course('uplink:w1/cni0', true);
    const out = edges.find(({ kind, from }) => kind === 'cable' && from === 'node:w1')?.id ?? '';
    const way = lines.leg(out, true, up)?.points ?? [];
    expect(way[0]).toEqual(lines.of(up.edge)?.points.at(-1));
    expect(way).toContainEqual(lines.hubOf('node:w1'));
    expect(way.at(-1)).toEqual(lines.of(out)?.points.at(-1));
    const back = lines.leg(up.edge, false, course(out, false))?.points ?? [];
    expect(back).toContainEqual(lines.hubOf('node:w1'));
    expect(back.at(-1)).toEqual(lines.of(up.edge)?.points[0]);
  });

  test('of what is not drawn are not there', () => {
    expect(lines.of('veth:default/none')).toBeUndefined();
    expect(lines.leg('veth:default/none', true)).toBeUndefined();
  });

  test('are told for what is selected: an edge itself, the cables and uplinks of a node', () => {
    const all = new Map(edges.map((edge) => [edge.id, edge]));
    const [, any] = edges;
    expect(edgesOf(any?.id ?? '', all)).toEqual([any]);
    expect(edgesOf('node:w1', all).map(({ kind }) => kind)).toEqual(['cable', 'uplink']);
    expect(edgesOf('service:default/web', all)).toEqual([]);
  });
});

describe('marks of drops', () => {
  const drop = {
    vertex: 'pod:a/b',
    reason: 'no-socket',
    text: 'nothing listens on this port',
    kind: 'tcp',
    count: 2,
  } as const;

  test('count what is dropped at one place for one reason, and fade', () => {
    const marks = new DropMarks();
    marks.add(drop, undefined, 1000);
    marks.add(drop, undefined, 2000);
    const [first] = [...marks.at(2000)];
    expect(first?.[0].count).toBe(4);
    expect(first?.[1]).toBe(1);
    expect([...marks.at(2000 + MARK_MS * 0.9)][0]?.[1]).toBeCloseTo(0.35);
    expect([...marks.at(2000 + MARK_MS)]).toEqual([]);
    expect(marks.any).toBe(false);
  });

  test('appear when the packet has arrived', () => {
    const marks = new DropMarks();
    const leg = planned(THERE_AND_BACK).legOf(2);
    marks.add(drop, leg, 1000);
    expect([...marks.at(1000)]).toEqual([]);
    expect([...marks.at(leg?.endMs ?? 0)]).toHaveLength(1);
  });
});

describe('numbers', () => {
  test.each([
    [0, '0'],
    [0.4, '0.4'],
    [7, '7'],
    [9.96, '10'],
    [950, '950'],
    [999.6, '1 k'],
    [1240, '1.2 k'],
    [34_300, '34 k'],
    [5_500_000, '5.5 M'],
  ])('%d is written %s', (value, text) => expect(short(value)).toBe(text));

  test('have their units', () => {
    expect(bitRate(3_000_000)).toBe('3 Mbit/s');
    expect(bitRate(800)).toBe('800 bit/s');
    expect(octets(19_400)).toBe('19 kB');
  });
});
