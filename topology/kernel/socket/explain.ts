import { formatIp, type Ip, isIpv4, isLoopback4 } from '../../addr/index.js';
import { isAny, toUser } from './address.js';
import type { InetSock } from './inet-sock.js';

/** `10.244.1.2:80` or `[fd00::2]:80`. */
export function endpointText(address: Ip, port: number): string {
  return isIpv4(address) ? `${formatIp(address)}:${port}` : `[${formatIp(address)}]:${port}`;
}

/** Where a sock is bound, as `ss` writes it. */
export function boundText(sock: InetSock): string {
  return endpointText(
    isAny(sock.address) ? sock.address : toUser(sock.domain, sock.address),
    sock.port,
  );
}

/** Both ends of a connection. */
export function connectionText(sock: InetSock): string {
  const near = endpointText(sock.address, sock.port);
  return sock.remoteAddress === undefined
    ? near
    : `${near} to ${endpointText(sock.remoteAddress, sock.remotePort)}`;
}

/** What a packet found nothing for. */
export interface MissedTarget {
  readonly proto: 'tcp' | 'udp';
  readonly address: Ip;
  readonly port: number;
  /** What the kernel does about it: `answers RST`, `answers ICMP port unreachable`. */
  readonly answer: string;
}

/** How many listeners are named at most. */
const NAMED = 5;

/**
 * Why nothing took a packet, with what listens near: one on the same port that cannot be reached at this address, else
 * the others of the namespace.
 */
export function explainMiss(target: MissedTarget, listeners: readonly InetSock[]): string {
  const { proto, address, port } = target;
  const head = `nothing listens on ${endpointText(address, port)}/${proto}; the kernel ${target.answer}`;
  const samePort = listeners.find((sock) => sock.port === port);
  if (samePort !== undefined) {
    const where = boundText(samePort);
    const { comm } = samePort.creator;
    return isLoopback(samePort.address)
      ? `${head}; ${comm} listens on ${where} only, which packets from outside cannot reach`
      : `${head}; ${comm} listens on ${where} only`;
  }
  const names = [...listeners]
    .sort((a, b) => a.port - b.port)
    .slice(0, NAMED)
    .map((sock) => `${sock.port}/${proto} (${sock.creator.comm})`);
  if (names.length === 0) return `${head}; this namespace listens on no ${proto} port`;
  const more = listeners.length > NAMED ? ` and ${listeners.length - NAMED} more` : '';
  return `${head}; this namespace listens on ${names.join(', ')}${more}`;
}

function isLoopback(address: Ip): boolean {
  return isIpv4(address) ? isLoopback4(address) : address === 1n;
}
