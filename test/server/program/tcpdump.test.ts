import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readCaptureFile } from '../../../server/program/tool/tcpdump/capture-file.js';
import { compileFilter } from '../../../server/program/tool/tcpdump/filter.js';
import { PacketPrinter } from '../../../server/program/tool/tcpdump/printer.js';

/** A capture, what tcpdump 4.99.3 printed of it, and how many of its packets each filter takes. */
const FIXTURES = join(import.meta.dirname, '../../fixture/tcpdump');

function frames() {
  const read = readCaptureFile(new Uint8Array(readFileSync(join(FIXTURES, 'packets.pcap'))));
  if (!read.ok) throw new Error(read.error);
  return read.value.frames;
}

describe('tcpdump', () => {
  test.each([
    ['n', 0, false],
    ['ne', 0, true],
    ['nv', 1, false],
    ['nvv', 2, false],
  ])('tells packets as the real one does with -%s', (options, verbosity, link) => {
    const printer = new PacketPrinter(
      {
        link,
        verbosity,
        numeric: true,
        quick: false,
        absolute: false,
        unverified: false,
        shortNames: false,
        numbered: false,
        time: 'clock',
        dump: { kind: 'none', link: false },
      },
      {
        names: { host: () => undefined, port: () => undefined },
        linkType: 1,
        deviceName: (ifindex) => `if${ifindex}`,
      },
    );
    const told = frames()
      .map((frame) => printer.lines(frame))
      .join('');
    expect(told).toBe(readFileSync(join(FIXTURES, `lines-${options}.txt`), 'utf8'));
  });

  const filters = readFileSync(join(FIXTURES, 'filters.txt'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const ports: Readonly<Record<string, number>> = { http: 80, domain: 53 };

  test.each(filters)('takes %s as a filter, which gives %s', (filter = '', expected) => {
    const compiled = compileFilter(filter, {
      host: () => undefined,
      port: (name) => ports[name],
      broadcasts: new Set([0x0a0000ff]),
    });
    const got = compiled.ok
      ? String(frames().filter(({ octets }) => compiled.value(octets)).length)
      : compiled.error;
    expect(got).toBe(expected);
  });
});
