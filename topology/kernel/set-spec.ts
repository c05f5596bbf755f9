import type { Ip, Mac } from '../addr/index.js';

/** Types of ipset: how elements are kept, and what they consist of. */
export type SetType =
  | 'hash:ip'
  | 'hash:net'
  | 'hash:ip,port'
  | 'hash:ip,port,ip'
  | 'hash:ip,port,net'
  | 'hash:net,port'
  | 'hash:mac'
  | 'bitmap:port'
  | 'bitmap:ip'
  | 'list:set';

/** What the elements of a type consist of. */
export type SetPart = 'ip' | 'net' | 'port' | 'mac' | 'set';

/** The parts of each type, in the order of its name. */
export const SET_PARTS: Readonly<Record<SetType, readonly SetPart[]>> = {
  'hash:ip': ['ip'],
  'hash:net': ['net'],
  'hash:ip,port': ['ip', 'port'],
  'hash:ip,port,ip': ['ip', 'port', 'ip'],
  'hash:ip,port,net': ['ip', 'port', 'net'],
  'hash:net,port': ['net', 'port'],
  'hash:mac': ['mac'],
  'bitmap:port': ['port'],
  'bitmap:ip': ['ip'],
  'list:set': ['set'],
};

/** How a set was made (`ipset create`). */
export interface SetSpec {
  readonly type: SetType;
  /** Of hash types with addresses. */
  readonly family?: 'inet' | 'inet6';
  readonly hashSize?: number;
  readonly maxElements?: number;
  /** Default timeout of elements; absent when elements never time out. */
  readonly timeoutSeconds?: number;
  readonly counters?: boolean;
  readonly comment?: boolean;
  /** Prefix length that addresses of hash:ip are cut to. */
  readonly netmask?: number;
  /** Of bitmaps, inclusive. */
  readonly range?: { readonly from: number; readonly to: number };
  /** Of list:set. */
  readonly listSize?: number;
}

/** Addresses of an element: the first and last of a range, or a prefix; both ends included. */
export interface SetAddresses {
  readonly from: Ip;
  readonly to: Ip;
  /** How it was written, where it was one network. */
  readonly prefixLength?: number;
}

/** Protocol and ports of an element; of ICMP the port is type and code in one number. */
export interface SetPorts {
  readonly proto: number;
  readonly from: number;
  readonly to: number;
}

/** What `ipset add` and `ipset del` name; ranges stand for all that lies in them. */
export interface SetElement {
  readonly addresses?: SetAddresses;
  readonly ports?: SetPorts;
  /** The third part of hash:ip,port,ip and hash:ip,port,net. */
  readonly second?: SetAddresses;
  readonly mac?: Mac;
  /** Of list:set. */
  readonly set?: string;
  readonly nomatch?: boolean;
  readonly timeoutSeconds?: number;
  readonly comment?: string;
  readonly packets?: number;
  readonly bytes?: number;
}
