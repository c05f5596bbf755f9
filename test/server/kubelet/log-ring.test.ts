import { expect, test } from '@jest/globals';
import { printLog } from '../../../server/kubelet/log-print.js';
import { LogRing } from '../../../server/kubelet/log-ring.js';
import { encodeUtf8 } from '../../../topology/index.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);

test('a log gives each line the time of its beginning, each stream for itself', () => {
  let nowNs = 1_500_000_000;
  const log = new LogRing(() => nowNs, EPOCH_MS);
  log.write('stdout', encodeUtf8('one\ntw'));
  log.write('stderr', encodeUtf8('oops\n'));
  nowNs = 2_000_000_001;
  log.write('stdout', encodeUtf8('o\nrest'));
  expect(new TextDecoder().decode(printLog(log, { timestamps: true })).split('\n')).toEqual([
    '2026-01-01T00:00:01.500000000Z one',
    '2026-01-01T00:00:01.500000000Z tw2026-01-01T00:00:01.500000000Z oops',
    'o',
    '2026-01-01T00:00:02.000000001Z rest',
  ]);
});

test('a log keeps the newest 512 KiB', () => {
  const log = new LogRing(() => 0, EPOCH_MS);
  for (let line = 0; line < 40_000; line++) {
    log.write('stdout', encodeUtf8(`${String(line).padStart(15, '0')}\n`));
  }
  expect(log.text()).toHaveLength(512 * 1024);
  expect(log.tail(16)).toBe('000000000039999\n');
});

test('followers see what is written from then on', () => {
  const log = new LogRing(() => 0, EPOCH_MS);
  const seen: number[] = [];
  log.write('stdout', encodeUtf8('before\n'));
  const stop = log.follow(({ octets }) => seen.push(octets.length));
  log.write('stdout', encodeUtf8('a\nbb\n'));
  stop();
  log.write('stdout', encodeUtf8('after\n'));
  expect(seen).toEqual([2, 3]);
});
