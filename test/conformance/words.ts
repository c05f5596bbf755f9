import { formatIp, type Ip, parseIp } from '../../topology/addr/index.js';

/** Reads an address that was checked when its file was read. */
export function address(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The family of socket for an address. */
export function domainOf(text: string): 'inet' | 'inet6' {
  return text.includes(':') ? 'inet6' : 'inet';
}

/** `10.0.0.1:80`, `fd00::1:80`. */
export function endpoint({
  address: ip,
  port,
}: {
  readonly address: Ip;
  readonly port: number;
}): string {
  return `${formatIp(ip)}:${port}`;
}
