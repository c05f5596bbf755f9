/** Names of addresses, as getnameinfo(3) finds them: /etc/hosts, then a PTR question. */
import { DNS_TYPE, type Ip, parseIp } from '../../../topology/index.js';
import { reverseName } from '../dns/zone.js';
import type { Guest } from '../guest.js';
import { queryServers, resolverConfig } from './resolver.js';

/** The name of an address; undefined when it has none or nobody answers. */
export async function lookupAddress(guest: Guest, address: Ip): Promise<string | undefined> {
  const local = hostsFileName(guest, address);
  if (local !== undefined) return local;
  const ask = { name: reverseName(address), type: DNS_TYPE.PTR, config: resolverConfig(guest) };
  const answer = await queryServers(guest, ask);
  if (!answer.ok) return undefined;
  return answer.value.message.answers.flatMap((record) =>
    record.type === 'PTR' ? [record.target] : [],
  )[0];
}

/** The first name that /etc/hosts gives an address. */
export function hostsFileName(guest: Guest, address: Ip): string | undefined {
  const text = guest.request.files.readText('/etc/hosts');
  if (!text.ok) return undefined;
  for (const line of text.value.split('\n')) {
    const [addressText = '', name] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const parsed = parseIp(addressText);
    if (parsed.ok && parsed.value === address && name !== undefined) return name;
  }
  return undefined;
}
