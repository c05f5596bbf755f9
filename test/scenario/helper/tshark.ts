import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from '../../helper/tools.js';

/** Whether captures can be checked here; where tshark is required its absence fails the tests. */
export const hasTshark = has('tshark');

const CHECKS = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
const BAD = [
  '_ws.malformed',
  ...['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((name) => `${name}.checksum.status==0`),
].join(' or ');

/** What Wireshark's dissectors say of captures (pcapng, base64): frames read, and lines of those that are wrong. */
export function dissect(captures: readonly string[]): {
  readonly frames: number;
  readonly bad: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-capture-'));
  try {
    // Sections may follow each other in one file.
    const path = join(folder, 'all.pcapng');
    writeFileSync(path, Buffer.concat(captures.map((one) => Buffer.from(one, 'base64'))));
    const read = (...more: string[]) =>
      execFileSync('tshark', ['-r', path, ...CHECKS, ...more], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 64_000_000,
      });
    const frames = read('-T', 'fields', '-e', 'frame.number').split('\n').length - 1;
    return { frames, bad: read('-Y', BAD) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
