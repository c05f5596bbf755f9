/**
 * The progress meter that curl 7.88 shows on standard error while a body goes to anything but a terminal.
 *
 * Fidelity: octets are counted when an answer is whole, so the rows in between tell only the time, and speeds are averages.
 */
import type { ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;
/** Rows are written when a wait of one second is over, which is after the second. */
const LATE_NS = 1_000_000;

const TITLES =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n' +
  '                                 Dload  Upload   Total   Spent    Left  Speed\n';

/** How much of a transfer is done, in octets; `expected` is undefined until an answer tells. */
export interface Progress {
  readonly expected: number | undefined;
  readonly received: number;
  readonly sent: number;
}

const NOTHING: Progress = { expected: undefined, received: 0, sent: 0 };

/** A running meter. */
export interface CurlMeter {
  /** Writes the last row and what ends its line. */
  finish(progress: Progress, end: string): Promise<void>;
}

/** Starts a meter: titles and a row of zeros for the first of a URL's transfers, and a row for each second. */
export async function startMeter(io: ToolIo, first: boolean): Promise<CurlMeter> {
  const startNs = io.sys.nowNs;
  const write = (progress: Progress) =>
    io.err(`\r${meterRow(progress, (io.sys.nowNs - startNs) / SECOND_NS)}`);
  if (first) {
    await io.err(TITLES);
    await write(NOTHING);
  }
  const tick = () => {
    void write(NOTHING);
    timer = io.sys.schedule(SECOND_NS, tick);
  };
  let timer = io.sys.schedule(SECOND_NS + LATE_NS, tick);
  return {
    finish: async (progress, end) => {
      timer.cancel();
      await write(progress);
      await io.err(end);
    },
  };
}

/** The meter of a transfer that shows none. */
export const NO_METER: CurlMeter = { finish: async () => undefined };

/** One row, after so many seconds. Source: curl's lib/progress.c, progress_meter. */
export function meterRow({ expected, received, sent }: Progress, seconds: number): string {
  const perSecond = (octets: number) => Math.floor(octets / Math.max(seconds, 1e-6));
  const download = perSecond(received);
  const upload = perSecond(sent);
  const total = (expected ?? received) + sent;
  const percent = (done: number, of: number) =>
    String(of === 0 ? 0 : Math.floor((done * 100) / of)).padStart(3);
  const totalSeconds = download === 0 ? 0 : Math.floor((expected ?? 0) / download);
  return [
    `${percent(received + sent, total)} ${size(total)} `,
    `${percent(received, expected ?? 0)} ${size(received)} `,
    `${percent(sent, sent)} ${size(sent)} `,
    `${size(download)} `,
    size(upload),
    clock(totalSeconds),
    clock(Math.floor(seconds)),
    clock(Math.max(0, totalSeconds - Math.floor(seconds))),
    size(download + upload),
  ].join(' ');
}

/** `--:--:--` for nothing, hours up to 99, then days. */
function clock(seconds: number): string {
  if (seconds <= 0) return '--:--:--';
  const hours = Math.floor(seconds / 3600);
  if (hours > 99) {
    const days = Math.floor(seconds / 86_400);
    return days > 999
      ? `${String(days).padStart(7)}d`
      : `${String(days).padStart(3)}d ${String(hours % 24).padStart(2, '0')}h`;
  }
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(hours).padStart(2)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const UNITS = ['k', 'M', 'G', 'T', 'P'] as const;

/** At most five characters: 12345, 1953k, 12.3M. */
function size(octets: number): string {
  if (octets < 100_000) return String(octets).padStart(5);
  let scaled = octets;
  for (const unit of UNITS) {
    const before = scaled;
    scaled = Math.floor(scaled / 1024);
    if (scaled < 100 && unit !== 'k') {
      const tenths = Math.floor((before % 1024) / (1024 / 10));
      return `${String(scaled).padStart(2)}.${Math.min(9, tenths)}${unit}`;
    }
    if (scaled < 10_000) return `${String(scaled).padStart(4)}${unit}`;
  }
  return `${scaled}P`;
}
