import { parseMac } from '../../addr/index.js';
import type { KernelOp } from '../ops.js';
import { takeName, takeNetns } from './ip-words.js';
import type { Words } from './words.js';

/** What may be said of a device in `ip link add` and `ip link set`. */
export interface LinkAttributes {
  name?: string;
  mac?: NonNullable<Extract<KernelOp, { op: 'link.add' }>['mac']>;
  mtuBytes?: number;
  netns?: string;
  parent?: string;
  up?: boolean;
}

/** Takes a MAC address. */
export function takeMac(words: Words) {
  return words.read(parseMac, (word) => `"${word}" is invalid lladdr.`);
}

/** Takes an MTU in octets. */
export function takeMtu(words: Words): number {
  // What a device takes is for the kernel to say.
  return words.number('mtu', 0, 0xffffffff);
}

/** Takes what comes before `type`; true if the word was known. */
export function takeAttribute(words: Words, attributes: LinkAttributes): boolean {
  switch (words.peek) {
    case 'name':
      words.take();
      attributes.name = takeName(words);
      return true;
    case 'address': {
      words.take();
      const mac = takeMac(words);
      if (mac !== undefined) attributes.mac = mac;
      return true;
    }
    case 'mtu':
      words.take();
      attributes.mtuBytes = takeMtu(words);
      return true;
    case 'netns':
      words.take();
      attributes.netns = takeNetns(words);
      return true;
    case 'link':
      words.take();
      attributes.parent = takeName(words);
      return true;
    case 'up':
      words.take();
      attributes.up = true;
      return true;
    case 'txqueuelen':
    case 'qlen':
    case 'numtxqueues':
    case 'numrxqueues':
    case 'gso_max_size':
      // Lengths of queues that podnet does not have.
      words.take();
      words.need('a number');
      return true;
    default:
      return false;
  }
}
