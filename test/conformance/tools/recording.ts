/** Output of real tools, as it was recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded run of a command line. */
export interface ToolRecording {
  readonly name: string;
  readonly netns: string;
  readonly commandLine: string;
  /** Both streams, without the line that tells the exit status. */
  readonly output: string;
  /** Undefined where the command was stopped from outside. */
  readonly status: number | undefined;
}

const FILE = join(import.meta.dirname, '../../fixture/linux/tools.txt');

/** Reads the recordings, by name: `=== NAME`, `# ns=NETNS`, `$ COMMAND`, what it printed, `[exit status N]`. */
export function readToolRecordings(file: string = FILE): ReadonlyMap<string, ToolRecording> {
  const recordings = new Map<string, ToolRecording>();
  for (const part of readFileSync(file, 'utf8').split(/^=== /m).slice(1)) {
    const recording = parseRecording(part);
    recordings.set(recording.name, recording);
  }
  return recordings;
}

function parseRecording(part: string): ToolRecording {
  const lines = part.split('\n').slice(0, -1);
  const [name = '', where = ''] = lines;
  const at = lines.findIndex((line) => line.startsWith('$ '));
  const status = /^\[exit status (\d+)\]$/.exec(lines.at(-1) ?? '')?.[1];
  const printed = lines.slice(at + 1, status === undefined ? undefined : -1);
  return {
    name,
    netns: /^# ns=(\w+)/.exec(where)?.[1] ?? '',
    commandLine: (lines[at] ?? '').slice(2),
    output: printed.map((line) => `${line}\n`).join(''),
    status: status === undefined ? undefined : Number(status),
  };
}
