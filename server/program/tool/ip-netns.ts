import { linkedDevice, type NetNamespace, netnsIdOf } from '../../../topology/index.js';
import { hasCapability } from './capability.js';
import { change, type IpRun, show, ToolExit } from './ip-run.js';
import { readVerb } from './ip-selector.js';
import { Entry } from './iproute-entry.js';
import { NETNS_USAGE } from './iproute-usage.js';

const VERBS = {
  object: 'netns',
  fallback: 'list',
  usage: NETNS_USAGE,
  names: [
    'list',
    'show',
    'lst',
    'list-id',
    'help',
    'add',
    'set',
    'delete',
    'attach',
    'identify',
    'pids',
    'exec',
    'monitor',
  ],
} as const;

/** `ip netns`: names are those in /run/netns of the mount namespace that the tool runs in. */
export async function ipNetns(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, VERBS);
  const rest = words.slice(1);
  switch (verb) {
    case 'list':
    case 'show':
    case 'lst':
      return list(run);
    case 'list-id':
      return listIds(run);
    case 'identify':
      return identify(run);
    case 'exec':
      return exec(run, rest);
    case 'pids':
    case 'monitor':
      return 0;
    case 'add':
    case 'set':
    case 'delete':
    case 'attach':
      if (!hasCapability(run.io, 'SYS_ADMIN') || !seesNames(run)) {
        const text = 'mount --make-shared /run/netns failed: Operation not permitted\n';
        throw new ToolExit(text, 1);
      }
      return change(run, ['ip', 'netns', verb, ...rest]);
  }
}

/** Whether the names of the machine are those that the tool sees. */
function seesNames(run: IpRun): boolean {
  return run.viewer.netnsNames().length > 0 || run.netns.name === '';
}

async function list(run: IpRun): Promise<number> {
  const entries = run.viewer.netnsNames().map((name) => {
    const entry = new Entry();
    entry.put('name', name, name);
    const other = run.viewer.netns(name);
    if (other !== undefined && knows(run.netns, other)) {
      const id = netnsIdOf(run.netns, other);
      entry.put('id', id, ` (id: ${id})`);
    }
    entry.say('\n');
    return entry;
  });
  await show(run, entries);
  return 0;
}

function knows(netns: NetNamespace, other: NetNamespace): boolean {
  return (
    netns !== other && netns.deviceList.some((device) => linkedDevice(device)?.netns === other)
  );
}

async function listIds(run: IpRun): Promise<number> {
  const seen = new Set<NetNamespace>();
  for (const device of run.netns.deviceList) {
    const other = linkedDevice(device)?.netns;
    if (other === undefined || other === run.netns || seen.has(other)) continue;
    seen.add(other);
    const name = run.nameOf(other);
    const known = name === '' ? '' : `(iproute2 netns name: ${name})`;
    await run.io.out(`nsid ${netnsIdOf(run.netns, other)} ${known}\n`);
  }
  return 0;
}

async function identify(run: IpRun): Promise<number> {
  const name = run.nameOf(run.netns);
  if (name !== '') await run.io.out(`${name}\n`);
  return 0;
}

/**
 * Fidelity: a command runs in the namespace of the shell; only `ip` and `bridge` themselves go to another by `-n`.
 */
async function exec(run: IpRun, words: readonly string[]): Promise<number> {
  const [name, ...command] = words;
  if (name === undefined) throw new ToolExit('No netns name specified\n', 255);
  if (command.length === 0) throw new ToolExit('No command specified\n', 255);
  if (run.viewer.netns(name) === undefined) {
    const text = `Cannot open network namespace "${name}": No such file or directory\n`;
    throw new ToolExit(text, 1);
  }
  const [tool = '', ...rest] = command;
  if (tool === 'ip' || tool === 'bridge') return run.io.run([tool, '-n', name, ...rest]);
  throw new ToolExit(`exec of "${tool}" failed: Function not implemented\n`, 255);
}
