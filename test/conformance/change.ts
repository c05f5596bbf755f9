import type { Host } from '../../topology/kernel/index.js';
import { loadRules, setSysctls } from './build.js';
import { lineOf, tryCommand } from './commands.js';
import { LabError } from './lab-error.js';
import type { RecordedChange, RecordedListener } from './recorded.js';

/** The servers of a lab, as a change may start and stop them. */
export interface Servers {
  listen(listener: RecordedListener, path: string): void;
  close(which: Extract<RecordedChange, { readonly op: 'close' }>, path: string): void;
}

/** The command of a change with its input, absent when it is no command. */
export function changeCommand(
  change: RecordedChange,
): { readonly netns: string; readonly command: string; readonly input?: string } | undefined {
  switch (change.op) {
    case 'sleep':
    case 'listen':
    case 'close':
    case 'sysctl':
      return undefined;
    case 'cmd':
      return { netns: change.ns, command: lineOf(change.cmd) };
    default:
      if ('ruleset' in change) {
        return { netns: change.ns, command: 'nft -f -', input: change.ruleset };
      }
      if ('rules' in change) return undefined;
      return { netns: change.ns, command: `${change.op} ${lineOf(change.args)}` };
  }
}

/**
 * Makes a change between two probes. Throws a `LabError` when a command is refused that Linux took, or taken that
 * Linux refused.
 */
export function applyChange(
  host: Host,
  servers: Servers,
  {
    change,
    rc,
    path,
  }: { readonly change: RecordedChange; readonly rc?: number; readonly path: string },
): void {
  switch (change.op) {
    case 'sysctl':
      setSysctls(host, change.ns, `${path}.set`, change.set);
      return;
    case 'sleep':
      host.clock.advance(change.ms * 1_000_000);
      return;
    case 'listen':
      servers.listen(change, path);
      return;
    case 'close':
      servers.close(change, path);
      return;
    default: {
      if ('rules' in change) {
        loadRules(host, change, path);
        return;
      }
      const { netns, command, input } = changeCommand(change) ?? { netns: '', command: '' };
      const refusal = tryCommand(host, { netns, path }, command, input);
      const refused = rc !== undefined && rc !== 0;
      if (refusal !== undefined && !refused) throw new LabError(path, refusal);
      // `conntrack -D` tells with its exit code that it found nothing.
      if (refusal === undefined && refused && !command.startsWith('conntrack -D')) {
        throw new LabError(path, `${command}: Linux refused it with exit code ${rc}`);
      }
    }
  }
}
