import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emitFrame, FrameReader, type SpdyFrame } from '../../../../server/stream/spdy/frame.js';

const octets = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replace(/ /g, ''), 'hex'));
const block = octets('aabb');

/** Written by hand from SPDY/3.1 sections 2.2 and 2.6. */
const FRAMES: readonly (readonly [name: string, hex: string, frame: SpdyFrame])[] = [
  [
    'SYN_STREAM',
    '80030001 0100000c 00000003 00000000 6000 aabb',
    {
      kind: 'syn-stream',
      streamId: 3,
      associatedTo: 0,
      priority: 3,
      fin: true,
      unidirectional: false,
      block,
    },
  ],
  [
    'SYN_REPLY',
    '80030002 00000006 00000003 aabb',
    { kind: 'syn-reply', streamId: 3, fin: false, block },
  ],
  [
    'RST_STREAM',
    '80030003 00000008 00000005 00000003',
    { kind: 'rst-stream', streamId: 5, status: 3 },
  ],
  [
    'SETTINGS',
    '80030004 0000000c 00000001 00000007 00010000',
    { kind: 'settings', entries: [{ id: 7, value: 65536 }] },
  ],
  ['PING', '80030006 00000004 00000009', { kind: 'ping', id: 9 }],
  [
    'GOAWAY',
    '80030007 00000008 00000007 00000001',
    { kind: 'goaway', lastGoodStreamId: 7, status: 1 },
  ],
  [
    'HEADERS',
    '80030008 01000006 00000003 aabb',
    { kind: 'headers', streamId: 3, fin: true, block },
  ],
  [
    'WINDOW_UPDATE',
    '80030009 00000008 00000000 00008000',
    { kind: 'window-update', streamId: 0, delta: 32768 },
  ],
  [
    'data',
    '00000003 01000003 616263',
    { kind: 'data', streamId: 3, fin: true, octets: octets('616263') },
  ],
  ['empty data', '00000003 01000000', { kind: 'data', streamId: 3, fin: true, octets: octets('') }],
];

describe('SPDY frames', () => {
  test.each(FRAMES)('reads %s', (_name, hex, frame) => {
    const reader = new FrameReader();
    expect(reader.push(octets(hex))).toEqual([frame]);
    expect(reader.error).toBeUndefined();
  });

  test.each(FRAMES)('writes %s', (_name, hex, frame) => {
    expect(Buffer.from(emitFrame(frame)).toString('hex')).toBe(hex.replace(/ /g, ''));
  });

  test('are read octet by octet as well, long data in pieces', () => {
    const reader = new FrameReader();
    const seen: SpdyFrame[] = [];
    for (const octet of octets('00000003 01000003 616263 80030006 00000004 00000009'))
      seen.push(...reader.push(Uint8Array.of(octet)));
    expect(seen).toEqual([
      { kind: 'data', streamId: 3, fin: false, octets: octets('61') },
      { kind: 'data', streamId: 3, fin: false, octets: octets('62') },
      { kind: 'data', streamId: 3, fin: true, octets: octets('63') },
      { kind: 'ping', id: 9 },
    ]);
  });

  test.each([
    ['another version', '80020006 00000004 00000001', 'unsupported-version'],
    ['HTTP', Buffer.from('GET / HTTP/1.1').toString('hex'), undefined],
    ['a PING of 5 octets', '80030006 00000005 0000000100', 'wrong-length'],
    ['a SYN_STREAM without its head', '80030001 00000009 000000030000000000', 'wrong-length'],
    ['SETTINGS that lie about their number', '80030004 00000004 00000001', 'wrong-length'],
    ['a control frame of 16 MB', '80030001 00ffffff', 'too-long'],
  ])('refuses %s', (_name, hex, error) => {
    const reader = new FrameReader();
    expect(reader.push(octets(hex)).filter(({ kind }) => kind !== 'data')).toEqual([]);
    expect(reader.error).toBe(error);
  });

  test('passes over types that it does not know', () => {
    const reader = new FrameReader();
    expect(reader.push(octets('8003000b 00000002 0102 80030006 00000004 00000009'))).toEqual([
      { kind: 'ping', id: 9 },
    ]);
  });

  test('never throws, whatever comes in whatever pieces, and holds no more than a control frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
        const reader = new FrameReader();
        for (const piece of pieces) reader.push(piece);
      }),
      { seed: 4006, numRuns: 500 },
    );
  });

  test('are the same after they were written and read', () => {
    const id = fc.integer({ min: 0, max: 0x7fff_ffff });
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    const some = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((one) => new Uint8Array(one));
    const frame: fc.Arbitrary<SpdyFrame> = fc.oneof(
      fc.record({
        kind: fc.constant('syn-stream' as const),
        streamId: id,
        associatedTo: id,
        priority: fc.integer({ min: 0, max: 7 }),
        fin: fc.boolean(),
        unidirectional: fc.boolean(),
        block: some,
      }),
      fc.record({
        kind: fc.constantFrom('syn-reply' as const, 'headers' as const),
        streamId: id,
        fin: fc.boolean(),
        block: some,
      }),
      fc.record({ kind: fc.constant('rst-stream' as const), streamId: id, status: word }),
      fc.record({ kind: fc.constant('ping' as const), id: word }),
      fc.record({ kind: fc.constant('window-update' as const), streamId: id, delta: id }),
      fc.record({
        kind: fc.constant('data' as const),
        streamId: id,
        fin: fc.boolean(),
        octets: some,
      }),
    );
    fc.assert(
      fc.property(frame, (one) => {
        expect(new FrameReader().push(emitFrame(one))).toEqual([one]);
      }),
      { seed: 4006, numRuns: 300 },
    );
  });
});
