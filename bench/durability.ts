import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAgainAndAgain } from './helper/durability/rounds.js';
import { median, report } from './helper/figure.js';

const ROUNDS = 50;

const folder = mkdtempSync(join(tmpdir(), 'podnet-durability-'));
try {
  const found = await killAgainAndAgain(folder, ROUNDS);
  const count = (name: string, value: number, target?: string) =>
    report({ name, value, unit: '', ...(target === undefined ? {} : { target }) });
  count('kill -9 under 32 writers', ROUNDS);
  count('writes acknowledged', found.acknowledged);
  count('acknowledged writes lost', found.lost.length, '0');
  count('watches resumed from their last resourceVersion', found.resumed);
  count('  refused as expired', found.expired, '0');
  count('  events repeated or out of order', found.repeats, '0');
  count('  events missing: does not fit what was told before', found.gaps, '0');
  count('  acknowledged writes not told exactly once', found.untold.length, '0');
  count('  copies that differ from a list in the end', found.different, '0');
  report({ name: 'restart', value: median(found.startMs) / 1000, unit: 's' });
  for (const what of [...found.lost, ...found.untold].slice(0, 10))
    process.stdout.write(`${what}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
