import type { Ip, Mac } from '../../../addr/index.js';

/** What a set looks at of a packet; ports are -1 where there are none. */
export interface SetPacket {
  readonly src: Ip;
  readonly dst: Ip;
  readonly proto: number;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly srcMac: Mac | undefined;
  /** Type and code of ICMP, in one number. */
  readonly icmp: number | undefined;
}
