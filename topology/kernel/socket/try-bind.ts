import type { Ip } from '../../addr/index.js';
import type { Netns } from '../contract.js';
import type { Errno } from '../errno.js';
import type { PortHolder } from '../sys.js';
import { checkBind } from './bind.js';
import { addressesOverlap, tcpConflict, udpConflict } from './conflict.js';
import type { SocketDomain } from './factory.js';
import { InetSock, type SocketQueues } from './inet-sock.js';
import { localPortRange } from './sysctl.js';

/** What a program would ask of bind(2), and of listen(2) when the protocol is TCP. */
export interface BindQuestion {
  readonly proto: 'tcp' | 'udp';
  readonly domain: SocketDomain;
  readonly address: Ip;
  /** 0 for a port that the kernel chooses. */
  readonly port: number;
  readonly uid: number;
  /** SO_REUSEADDR, SO_REUSEPORT, IPV6_V6ONLY. */
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly v6only: boolean;
}

/** A socket on the port that was asked for, with what decides whether it shares it. */
export interface BindNeighbor {
  readonly holder: PortHolder;
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly listening: boolean;
}

/** What the kernel would say. */
export type BindAnswer =
  | { readonly outcome: 'bound'; readonly sharedWith: readonly BindNeighbor[] }
  | {
      readonly outcome: 'refused';
      readonly errno: Errno;
      /** Who stands in the way, listeners first; nobody when the errno is not EADDRINUSE. */
      readonly blockers: readonly BindNeighbor[];
    };

/** An entry of a port table. */
export interface TriedEntry {
  readonly sock: InetSock;
  readonly state: string;
  queues?(): SocketQueues;
}

/** The tables that are asked. */
export interface TriedTables {
  readonly netns: Netns;
  entriesAt(proto: 'tcp' | 'udp', port: number): Iterable<TriedEntry>;
}

/**
 * What bind(2) would answer now, by the rules of bind(2) itself; no socket is opened and no port taken. listen(2) right
 * after it asks the same question again (inet_csk_get_port), so the answer is true of both.
 */
export function tryBind({ netns, entriesAt }: TriedTables, question: BindQuestion): BindAnswer {
  const { proto, domain, port } = question;
  const nobody = { uid: question.uid, pid: 0, comm: '' };
  const wanted = new InetSock(netns, nobody, { domain, stream: proto === 'tcp' });
  wanted.reuseAddr = question.reuseAddr;
  wanted.reusePort = question.reusePort;
  wanted.v6only = question.v6only;
  const checked = checkBind(wanted, { address: question.address, port });
  if (!checked.ok) return { outcome: 'refused', errno: checked.error, blockers: [] };
  wanted.address = checked.value.address;
  wanted.device = checked.value.device;
  const conflicts = (other: InetSock, kind: 'named' | 'any') =>
    proto === 'tcp' ? tcpConflict(wanted, other, { port: kind }) : udpConflict(wanted, other);
  if (port === 0) {
    const { low, high } = localPortRange(netns);
    for (let candidate = low; candidate <= high; candidate++) {
      const taken = [...entriesAt(proto, candidate)].some(({ sock }) => conflicts(sock, 'any'));
      if (!taken) return { outcome: 'bound', sharedWith: [] };
    }
    return { outcome: 'refused', errno: 'EADDRINUSE', blockers: [] };
  }
  const near = [...entriesAt(proto, port)].filter(({ sock }) => addressesOverlap(wanted, sock));
  const blocking = near.filter(({ sock }) => conflicts(sock, 'named'));
  if (blocking.length > 0) {
    const listenersFirst = blocking
      .map((entry) => neighborOf(proto, entry))
      .sort((a, b) => Number(b.listening) - Number(a.listening));
    return { outcome: 'refused', errno: 'EADDRINUSE', blockers: listenersFirst };
  }
  return { outcome: 'bound', sharedWith: near.map((entry) => neighborOf(proto, entry)) };
}

function neighborOf(proto: 'tcp' | 'udp', entry: TriedEntry): BindNeighbor {
  const { sock, state } = entry;
  return {
    holder: sock.holder(proto, state, entry.queues?.()),
    reuseAddr: sock.reuseAddr,
    reusePort: sock.reusePort,
    listening: sock.bindState === 'listening',
  };
}
