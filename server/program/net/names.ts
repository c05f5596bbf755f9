/** getaddrinfo(3) as tools use it, with its canonical name and its words. */
import { type Ip, isIpv4, ok, parseIp, type Result } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import {
  lookupHostsFile,
  type ResolveError,
  type ResolveOptions,
  resolveHost,
} from './resolver.js';

/** What a name stands for. */
export interface ResolvedName {
  readonly addresses: readonly Ip[];
  /** AI_CANONNAME: the name that was found, the search list's domain included. */
  readonly canonical: string;
  /** It was written as an address. */
  readonly literal: boolean;
}

/** Finds addresses; parts of an IPv4 address may be left out as inet_aton(3) allows (`10.1` is 10.0.0.1). */
export async function resolveName(
  guest: Guest,
  name: string,
  options: ResolveOptions = {},
): Promise<Result<ResolvedName, ResolveError>> {
  const literal = literalAddress(name);
  if (literal !== undefined) {
    return ok({ addresses: [literal], canonical: name, literal: true });
  }
  let asked = name;
  const resolved = await resolveHost(guest, name, {
    ...options,
    onFound: (found) => {
      asked = found;
    },
  });
  if (!resolved.ok) return resolved;
  const canonical = lookupHostsFile(guest, name)?.canonical ?? asked;
  return ok({ addresses: resolved.value, canonical, literal: false });
}

function literalAddress(text: string): Ip | undefined {
  const parsed = parseIp(text);
  if (parsed.ok) return parsed.value;
  if (!/^\d+(\.\d+){0,3}$/.test(text)) return undefined;
  const parts = text.split('.').map(Number);
  const last = parts.pop() ?? 0;
  const value = parts.reduce((sum, part, index) => sum + part * 256 ** (3 - index), 0) + last;
  return parts.some((part) => part > 255) || last >= 256 ** (4 - parts.length)
    ? undefined
    : (value as Ip);
}

/** gai_strerror(3) of glibc. */
export function resolveWords(error: ResolveError): string {
  switch (error) {
    case 'EAI_AGAIN':
      return 'Temporary failure in name resolution';
    case 'EAI_NODATA':
      return 'No address associated with hostname';
    case 'EAI_NONAME':
      return 'Name or service not known';
  }
}

/** Whether an address is of a family. */
export function familyOf(address: Ip): 'ipv4' | 'ipv6' {
  return isIpv4(address) ? 'ipv4' : 'ipv6';
}
