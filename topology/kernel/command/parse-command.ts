import { fail, type Result } from '../../base/index.js';
import type { KernelOp } from '../ops.js';
import { parseBridgeCommand } from './parse-bridge.js';
import { parseConntrackCommand } from './parse-conntrack.js';
import { parseIpCommand } from './parse-ip.js';
import { parseIpsetCommand } from './parse-ipset.js';
import { parseIptablesCommand } from './parse-iptables.js';
import { parseNftCommand } from './parse-nft.js';
import { parseIptablesRestore } from './parse-restore.js';
import { parseSysctlCommand } from './parse-sysctl.js';
import { type CommandError, complete, splitWords } from './words.js';

/** Commands that `parseCommand` reads. */
export const COMMANDS: readonly string[] = [
  'ip',
  'bridge',
  'sysctl',
  'iptables',
  'ip6tables',
  'iptables-restore',
  'ip6tables-restore',
  'conntrack',
  'nft',
  'ipset',
];

/**
 * Reads a command as a person types it, `ip netns exec NS ...` and here-documents included, as changes
 * to the kernel. `netns` is where the shell runs, absent in the host's own namespace.
 */
export function parseCommand(
  text: string,
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const [first = '', ...lines] = text.split('\n');
  const here = /^(.*?)<<-?\s*(['"]?)(\w+)\2\s*$/.exec(first);
  const words = splitWords(here?.[1] ?? first);
  const end = here?.[3];
  const input = lines.slice(0, end === undefined ? lines.length : endOf(lines, end)).join('\n');
  return parseWords(words, input, netns);
}

function endOf(lines: readonly string[], end: string): number {
  const at = lines.findIndex((line) => line.trim() === end);
  return at < 0 ? lines.length : at;
}

/** As `parseCommand`, of words and standard input that a shell has already told apart. */
export function parseWords(
  words: readonly string[],
  input: string,
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const [path = '', ...args] = words[0] === 'sudo' ? words.slice(1) : words;
  const command = path.slice(path.lastIndexOf('/') + 1);
  const place = netns === undefined ? {} : { netns };
  switch (command) {
    case 'ip': {
      const exec = execOf(args);
      if (exec !== undefined) return parseWords(exec.rest, input, exec.netns);
      return parseIpCommand(args, netns);
    }
    case 'bridge':
      return parseBridgeCommand(args, netns);
    case 'sysctl':
      return parseSysctlCommand(args, netns);
    case 'conntrack':
      return parseConntrackCommand(args, netns);
    case 'nft':
      return parseNftCommand(args, input, netns);
    case 'ipset':
      return parseIpsetCommand(args, place);
    case 'iptables':
    case 'ip6tables':
      return parseIptablesCommand(args, {
        family: command === 'iptables' ? 'ipv4' : 'ipv6',
        ...place,
      });
    case 'iptables-restore':
    case 'ip6tables-restore':
      return parseIptablesRestore(input, {
        family: command === 'iptables-restore' ? 'ipv4' : 'ipv6',
        noflush: args.includes('--noflush') || args.includes('-n'),
        ...place,
      });
    default:
      return fail({
        code: 'command/bad-word',
        message: `${command}: command not found`,
        near: command,
        expected: `one of ${COMMANDS.join(', ')}`,
      });
  }
}

/** `netns exec NAME COMMAND ...`, in any abbreviation. */
function execOf(
  args: readonly string[],
): { readonly netns: string; readonly rest: readonly string[] } | undefined {
  const [object = '', verb = '', name, ...rest] = args;
  const matches = object.length >= 4 && complete(object, ['netns']) && complete(verb, ['exec']);
  if (matches === undefined || matches === false || name === undefined || rest.length === 0)
    return undefined;
  return { netns: name === '1' ? '' : name, rest };
}
