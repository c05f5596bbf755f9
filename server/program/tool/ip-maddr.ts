import type { NetDevice } from '../../../topology/index.js';
import { type IpRun, ToolExit } from './ip-run.js';
import { readVerb } from './ip-selector.js';
import { MADDRESS_USAGE } from './iproute-usage.js';

const VERBS = {
  object: 'maddr',
  fallback: 'show',
  usage: MADDRESS_USAGE,
  names: ['add', 'delete', 'show', 'lst', 'list', 'help'],
} as const;

/** `ip maddress`: groups that every device is in, and those of its IPv6 addresses. */
export async function ipMaddress(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, VERBS);
  if (verb === 'add' || verb === 'delete')
    throw new ToolExit('ip maddress: groups of link layer addresses are not modelled\n', 255);
  const name = words.at(-1);
  for (const device of run.netns.deviceList) {
    if (words.length > 1 && device.name !== name) continue;
    await run.io.out(`${device.ifindex}:\t${device.name}\n`);
    for (const line of groupsOf(run, device)) await run.io.out(`\t${line}\n`);
  }
  return 0;
}

function groupsOf(run: IpRun, device: NetDevice): readonly string[] {
  const lines: string[] = [];
  const link = linkGroupsOf(device);
  if (run.family === 'any' || run.family === 'link')
    lines.push(...link.map((mac) => `link  ${mac}`));
  if ((run.family === 'any' || run.family === 'inet') && device.up) lines.push('inet  224.0.0.1');
  if (run.family === 'any' || run.family === 'inet6') {
    lines.push(...solicited(device).map((group) => `inet6 ff02::1:ff${group}`));
    lines.push('inet6 ff02::1', 'inet6 ff01::1');
  }
  return lines;
}

/** Link layer groups that a device listens to, in the order it joined them. */
export function linkGroupsOf(device: NetDevice): readonly string[] {
  if (device.kind === 'loopback') return [];
  return [
    '33:33:00:00:00:01',
    ...(device.activated && device.up ? ['01:00:5e:00:00:01'] : []),
    ...solicited(device).map(
      (group) => `33:33:ff:${group.replace(':', '').replace(/^(..)(..)(..)$/, '$1:$2:$3')}`,
    ),
  ];
}

/** The last 24 bits of each IPv6 address, as solicited-node groups end (RFC 4291 section 2.7.1). */
function solicited(device: NetDevice): readonly string[] {
  if (device.kind === 'loopback') return [];
  const ends = device.addresses6.flatMap(({ address }) => {
    const low = (address & 0xffffffn).toString(16).padStart(6, '0');
    return [`${low.slice(0, 2)}:${low.slice(2)}`];
  });
  return [...new Set(ends)];
}
