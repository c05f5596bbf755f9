import { Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SpdyConnection } from '../../../../server/stream/spdy/connection.js';
import { emitFrame, FrameReader, type SpdyFrame } from '../../../../server/stream/spdy/frame.js';
import { HeaderWriter } from '../../../../server/stream/spdy/header-block.js';
import type { SpdyStream } from '../../../../server/stream/spdy/stream.js';

/** Two ends of a pipe. */
function pipe(): readonly [Duplex, Duplex] {
  const ends: Duplex[] = [];
  for (const other of [1, 0]) {
    ends.push(
      new Duplex({
        read: () => undefined,
        write: (octets, _encoding, done) => {
          ends[other]?.push(octets);
          setImmediate(done);
        },
        final: (done) => {
          ends[other]?.push(null);
          done();
        },
      }),
    );
  }
  const [one, two] = ends;
  if (one === undefined || two === undefined) throw new Error('a pipe has two ends');
  return [one, two];
}

/** A server whose frames a test writes and reads itself. */
function server(onStream: (stream: SpdyStream) => boolean = () => true) {
  const [carrier, far] = pipe();
  const state = { closed: 0 };
  const connection = new SpdyConnection({
    carrier,
    role: 'server',
    onStream,
    onClose: () => {
      state.closed += 1;
    },
  });
  const reader = new FrameReader();
  const seen: SpdyFrame[] = [];
  far.on('data', (octets: Buffer) => seen.push(...reader.push(octets)));
  const writer = new HeaderWriter();
  const send = (frame: SpdyFrame): void => {
    far.write(emitFrame(frame));
  };
  const open = (streamId: number, headers: readonly (readonly [string, string])[] = []): void =>
    send({
      kind: 'syn-stream',
      streamId,
      associatedTo: 0,
      priority: 0,
      fin: false,
      unidirectional: false,
      block: writer.write(new Map(headers)),
    });
  return { connection, far, seen, send, open, state };
}

/** Waits until something is so; for at most 10 s. */
async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; !isSo() && round < 10_000; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
}

function bothEnds(onStream: (stream: SpdyStream) => boolean) {
  const [one, two] = pipe();
  const nothing = (): void => undefined;
  const far = new SpdyConnection({ carrier: one, role: 'server', onStream, onClose: nothing });
  const near = new SpdyConnection({
    carrier: two,
    role: 'client',
    onStream: () => false,
    onClose: nothing,
  });
  return { near, far };
}

async function textOf(stream: Duplex): Promise<string> {
  let text = '';
  for await (const piece of stream.iterator({ destroyOnReturn: false })) text += piece;
  return text;
}

describe('a SPDY connection', () => {
  test('replies to streams and answers pings', async () => {
    const { open, seen, send } = server();
    open(1, [['streamtype', 'data']]);
    send({ kind: 'ping', id: 7 });
    await until(() => seen.length === 2);
    expect(seen.map(({ kind }) => kind)).toEqual(['syn-reply', 'ping']);
  });

  test('carries octets both ways, and the end of each way by itself', async () => {
    const { near, far } = bothEnds(({ duplex, headers }) => {
      textOf(duplex).then((text) => duplex.end(`${headers.get('name')}: ${text}`));
      return true;
    });
    const stream = near.open(new Map([['name', 'echo']]));
    stream.duplex.write('hello ');
    stream.duplex.end('there');
    expect(await textOf(stream.duplex)).toBe('echo: hello there');
    expect([near.openStreams, far.openStreams]).toEqual([0, 0]);
  });

  test('carries 8 MiB on each of four streams at once, to a reader that is slow', async () => {
    const lengths = new Map<number, number>();
    const { near } = bothEnds((stream) => {
      stream.duplex.on('data', (octets: Buffer) => {
        lengths.set(stream.id, (lengths.get(stream.id) ?? 0) + octets.length);
        stream.duplex.pause();
        setImmediate(() => stream.duplex.resume());
      });
      stream.duplex.on('end', () => stream.duplex.end());
      return true;
    });
    const streams = [1, 2, 3, 4].map(() => near.open(new Map()));
    const piece = Buffer.alloc(64 * 1024);
    await Promise.all(
      streams.map(async ({ duplex }) => {
        for (let sent = 0; sent < 128; sent += 1) {
          if (!duplex.write(piece)) await new Promise((resolve) => duplex.once('drain', resolve));
        }
        duplex.end();
        await textOf(duplex);
      }),
    );
    expect([...lengths.values()]).toEqual([8, 8, 8, 8].map((mebi) => mebi * 1024 * 1024));
  });

  test('keeps to the windows of a peer that has them', async () => {
    const { far, open, seen, send } = server((stream) => {
      stream.duplex.write(Buffer.alloc(100));
      return true;
    });
    send({ kind: 'settings', entries: [{ id: 7, value: 30 }] });
    open(1);
    const lengths = () =>
      seen.flatMap((frame) => (frame.kind === 'data' ? [frame.octets.length] : []));
    await until(() => lengths().length === 1);
    expect(lengths()).toEqual([30]);
    send({ kind: 'window-update', streamId: 1, delta: 50 });
    await until(() => lengths().length === 2);
    expect(lengths()).toEqual([30, 50]);
    send({ kind: 'window-update', streamId: 1, delta: 50 });
    await until(() => lengths().length === 3);
    expect(lengths()).toEqual([30, 50, 20]);
    far.end();
  });

  test('tells what was read before half a window is gone, of the stream and of the connection', async () => {
    const { open, seen, send } = server((stream) => {
      stream.duplex.resume();
      return true;
    });
    open(1);
    for (let sent = 0; sent < 4; sent += 1)
      send({ kind: 'data', streamId: 1, fin: false, octets: new Uint8Array(16 * 1024) });
    await until(() => seen.length >= 3);
    const updates = seen.filter(({ kind }) => kind === 'window-update');
    for (const streamId of [0, 1]) {
      const told = updates.flatMap((one) =>
        one.kind === 'window-update' && one.streamId === streamId ? [one.delta] : [],
      );
      expect(told.reduce((sum, delta) => sum + delta, 0)).toBeGreaterThanOrEqual(32 * 1024);
    }
  });

  test('resets a stream that it refuses, and data for none', async () => {
    const { open, seen, send, state } = server(() => false);
    open(1);
    send({ kind: 'data', streamId: 9, fin: false, octets: Uint8Array.of(1) });
    await until(() => seen.length === 2);
    expect(seen).toEqual([
      { kind: 'rst-stream', streamId: 1, status: 3 },
      { kind: 'rst-stream', streamId: 9, status: 2 },
    ]);
    expect(state.closed).toBe(0);
  });

  test('refuses more than 1000 streams', async () => {
    const { connection, open, seen } = server();
    for (let id = 1; id <= 2003; id += 2) open(id);
    await until(() => seen.length === 1002);
    expect(connection.openStreams).toBe(1000);
    expect(seen.filter(({ kind }) => kind === 'rst-stream')).toEqual([
      { kind: 'rst-stream', streamId: 2001, status: 3 },
      { kind: 'rst-stream', streamId: 2003, status: 3 },
    ]);
  });

  test.each([
    ['a stream with an even number', 2],
    ['a stream whose number was used', 1],
  ])('ends at %s with GOAWAY', async (_name, streamId) => {
    const { open, seen, state } = server();
    open(1);
    open(streamId);
    await until(() => state.closed === 1);
    expect(seen.at(-1)).toEqual({ kind: 'goaway', lastGoodStreamId: 1, status: 1 });
    expect(state.closed).toBe(1);
  });

  test('ends its streams with itself when the peer vanishes', async () => {
    let closed = false;
    const { connection, far, open, state } = server((stream) => {
      stream.duplex.on('close', () => {
        closed = true;
      });
      return true;
    });
    open(1);
    await until(() => connection.openStreams === 1);
    far.destroy();
    far.push(null);
    connection.close();
    await until(() => closed);
    expect({ closed, ended: state.closed, streams: connection.openStreams }).toEqual({
      closed: true,
      ended: 1,
      streams: 0,
    });
  });

  test('never throws or hangs on whatever octets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutatedFrame()), { maxLength: 12 }),
        async (pieces) => {
          const { connection, far, state } = server();
          for (const piece of pieces) far.write(piece);
          far.end();
          await until(() => state.closed === 1);
          expect({ closed: state.closed, streams: connection.openStreams }).toEqual({
            closed: 1,
            streams: 0,
          });
        },
      ),
      { seed: 4006, numRuns: 200 },
    );
  }, 60_000);
});

/** A real frame with one octet changed. */
function mutatedFrame(): fc.Arbitrary<Uint8Array> {
  const block = new HeaderWriter().write(new Map([['streamtype', 'error']]));
  const frames: readonly SpdyFrame[] = [
    {
      kind: 'syn-stream',
      streamId: 1,
      associatedTo: 0,
      priority: 0,
      fin: false,
      unidirectional: false,
      block,
    },
    { kind: 'data', streamId: 1, fin: false, octets: Uint8Array.of(1, 2, 3) },
    { kind: 'settings', entries: [{ id: 7, value: 10 }] },
    { kind: 'window-update', streamId: 1, delta: 5 },
    { kind: 'rst-stream', streamId: 1, status: 5 },
    { kind: 'headers', streamId: 1, fin: true, block },
  ];
  return fc
    .record({
      frame: fc.constantFrom(...frames),
      at: fc.integer({ min: 0, max: 40 }),
      octet: fc.integer({ min: 0, max: 255 }),
    })
    .map(({ at, frame, octet }) => {
      const octets = Uint8Array.from(emitFrame(frame));
      if (at < octets.length) octets[at] = octet;
      return octets;
    });
}
