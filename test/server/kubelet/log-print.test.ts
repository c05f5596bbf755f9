import { describe, expect, test } from '@jest/globals';
import { followLog, type LogOptions, printLog } from '../../../server/kubelet/index.js';
import { LogRing } from '../../../server/kubelet/log-ring.js';
import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';

function makeLog() {
  const at = { ns: 0 };
  const log = new LogRing(() => at.ns, Date.UTC(2026, 0, 1));
  for (const [seconds, text] of [
    [1, 'one\n'],
    [5, 'two\n'],
    [9, 'th'],
  ] as const) {
    at.ns = seconds * 1e9;
    log.write('stdout', encodeUtf8(text));
  }
  at.ns = 10e9;
  return log;
}

describe('a log', () => {
  test.each<[string, LogOptions, string]>([
    ['all of it', {}, 'one\ntwo\nth'],
    ['its last line', { tailLines: 1 }, 'th'],
    ['no line', { tailLines: 0 }, ''],
    ['the last five seconds', { sinceSeconds: 5 }, 'two\nth'],
    ['what came since a time', { sinceTime: '2026-01-01T00:00:06Z' }, 'th'],
    ['its first five octets', { limitBytes: 5 }, 'one\nt'],
    [
      'times',
      { timestamps: true, tailLines: 2 },
      '2026-01-01T00:00:05.000000000Z two\n2026-01-01T00:00:09.000000000Z th',
    ],
  ])('prints %s', (_name, options, text) => {
    expect(decodeUtf8(printLog(makeLog(), options))).toBe(text);
  });

  test('that is followed goes on until the container ends', () => {
    const log = makeLog();
    const seen: string[] = [];
    followLog(
      log,
      { tailLines: 1, timestamps: true },
      { write: (octets) => seen.push(decodeUtf8(octets)) > 0, end: () => seen.push('(end)') },
    );
    log.write('stdout', encodeUtf8('ree\nfour\n'));
    log.close();
    log.write('stdout', encodeUtf8('never\n'));
    expect(seen.join('')).toBe(
      '2026-01-01T00:00:09.000000000Z three\n2026-01-01T00:00:10.000000000Z four\n(end)',
    );
  });

  test('waits for a slow reader', () => {
    const log = makeLog();
    const seen: string[] = [];
    let takes = false;
    const sink = {
      write: (octets: Uint8Array) => {
        seen.push(decodeUtf8(octets));
        return takes;
      },
      end: () => seen.push('(end)'),
    };
    const follower = followLog(log, {}, sink);
    log.write('stdout', encodeUtf8('ree\n'));
    log.close();
    expect(seen).toEqual(['one\n']);
    takes = true;
    follower.resume();
    expect(seen.join('')).toBe('one\ntwo\nthree\n(end)');
  });

  test('keeps octets that are no text', () => {
    const log = makeLog();
    log.write('stdout', Uint8Array.of(0xff, 0, 0xfe, 10));
    expect([...printLog(log, { tailLines: 1 })].slice(2)).toEqual([0xff, 0, 0xfe, 10]);
  });

  test('that is followed stops at its limit, and when nobody listens', () => {
    const log = makeLog();
    const seen: string[] = [];
    const sink = {
      write: (octets: Uint8Array) => seen.push(decodeUtf8(octets)) > 0,
      end: () => seen.push('(end)'),
    };
    followLog(log, { limitBytes: 12 }, sink);
    const follower = followLog(log, { tailLines: 0 }, sink);
    follower.stop();
    log.write('stdout', encodeUtf8('reeeeee\n'));
    expect(seen.join('')).toBe('one\ntwo\nthre(end)');
  });
});
