import type { Ip } from '../../addr/index.js';
import type { IcmpMessage, Ipv4Packet, Ipv6Packet } from '../../wire/index.js';
import type { Skb } from '../skb.js';
import { type IcmpMeaning, icmpMeaning } from './icmp-errno.js';
import type { InetSock } from './inet-sock.js';

/** An ICMP error on its way to the socket whose packet it quotes. */
export interface IcmpEvent {
  readonly skb: Skb;
  readonly message: IcmpMessage;
  readonly quoted: Ipv4Packet | Ipv6Packet;
  readonly meaning: IcmpMeaning;
  /** Who sent the error. */
  readonly offender: Ip;
  /** Next-hop MTU in octets when the packet was too big. */
  readonly mtu: number | undefined;
}

/** Reads an error; undefined when no socket is to hear of it. */
export function readIcmpEvent(
  skb: Skb,
  message: IcmpMessage,
  quoted: Ipv4Packet | Ipv6Packet,
): IcmpEvent | undefined {
  const meaning = icmpMeaning(quoted.kind, message.type, message.code);
  const { packet } = skb;
  if (meaning === undefined || (packet.kind !== 'ipv4' && packet.kind !== 'ipv6')) return undefined;
  const rest = quoted.kind === 'ipv4' ? message.rest & 0xffff : message.rest;
  const mtu = meaning.tooBig ? rest : undefined;
  return { skb, message, quoted, meaning, offender: packet.src, mtu };
}

/** What of the quoted packet goes to the error queue. */
export interface QuotedData {
  readonly octets: Uint8Array;
  readonly id?: number;
  readonly sequence?: number;
}

/**
 * Tells a datagram socket of an error (__udp4_lib_err, ping_err, raw_err): with IP_RECVERR each error is queued and
 * pending; without, only a connected socket hears, and only of hard ones. True when the socket was told.
 */
export function reportIcmp(sock: InetSock, event: IcmpEvent, data: QuotedData): boolean {
  const { meaning, message } = event;
  if (meaning.tooBig && sock.pmtudisc === 'dont') {
    // IPv4 says nothing to who never sets DF; IPv6 only softens the error.
    if (event.quoted.kind === 'ipv4' || !sock.recvErr) return false;
  }
  if (sock.recvErr) {
    sock.queueError({
      octets: data.octets,
      from: { address: event.offender, port: 0 },
      errno: meaning.errno,
      icmp: {
        type: message.type,
        code: message.code,
        id: data.id ?? 0,
        sequence: data.sequence ?? 0,
        ...(event.mtu === undefined ? {} : { mtu: event.mtu }),
      },
    });
  } else if (!meaning.hard || sock.remoteAddress === undefined) return false;
  sock.setError(meaning.errno);
  return true;
}
