import { cidrOf, type Ip, ipv4, isIpv4, parseIp } from '../../addr/index.js';
import type { SetAddresses } from '../ops.js';

/** Addresses as ipset writes them: one, `FROM-TO`, or a network; or why not. */
export function parseAddresses(text: string, family: 'inet' | 'inet6'): SetAddresses | string {
  const wrong = (word: string) =>
    `Syntax error: cannot parse ${word}: resolving to IPv${family === 'inet' ? 4 : 6} address failed`;
  const one = (word: string): Ip | undefined => {
    const parsed = parseIp(word);
    return parsed.ok && isIpv4(parsed.value) === (family === 'inet') ? parsed.value : undefined;
  };
  const [address = '', length] = text.split('/');
  if (length !== undefined) {
    const ip = one(address);
    const prefixLength = Number(length);
    const widest = family === 'inet' ? 32 : 128;
    if (ip === undefined) return wrong(address);
    if (!(prefixLength >= 0 && prefixLength <= widest)) {
      return `Syntax error: '${length}' is out of range 0-${widest}`;
    }
    const { network } = cidrOf(ip, prefixLength);
    const to = isIpv4(network)
      ? ipv4(network + 2 ** (32 - prefixLength) - 1)
      : ((BigInt(network) | ((1n << BigInt(128 - prefixLength)) - 1n)) as Ip);
    return { from: network, to, prefixLength };
  }
  const [low = '', high] = text.split('-');
  const from = one(low);
  const to = high === undefined ? from : one(high);
  if (from === undefined) return wrong(low);
  if (to === undefined) return wrong(high ?? '');
  if (high !== undefined) return { from, to };
  return { from, to, prefixLength: family === 'inet' ? 32 : 128 };
}
