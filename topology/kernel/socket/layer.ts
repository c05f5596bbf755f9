import { fail } from '../../base/index.js';
import type { Netns, SocketLayer } from '../contract.js';
import type { SocketFactory } from './factory.js';

/** The sockets of one namespace. */
export function createSocketLayer(_netns: Netns): SocketLayer & SocketFactory {
  return {
    open: () => fail('EPROTONOSUPPORT'),
    holders: () => [],
    explainBindConflict: () => undefined,
    closeAllOf: () => undefined,
    deliver: () => undefined,
    icmpError: () => undefined,
    echoReply: () => undefined,
    namespaceGone: () => undefined,
  };
}
