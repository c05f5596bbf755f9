import type { Ip } from '../../../addr/index.js';

/** Which end of a packet a translation rewrites: 'src' at POSTROUTING and INPUT, 'dst' at PREROUTING and OUTPUT. */
export type Manip = 'src' | 'dst';

/** What a translation may choose from (struct nf_nat_range2). Ends are inclusive; absent means "as it is". */
export interface NatRange {
  readonly minAddress?: Ip;
  readonly maxAddress?: Ip;
  readonly minPort?: number;
  readonly maxPort?: number;
  /** The destination port that becomes the first of the range (NF_NAT_RANGE_PROTO_OFFSET). */
  readonly basePort?: number;
  /** --random: begin the search for a port anywhere. */
  readonly random?: boolean;
  /** --random-fully: always choose a port by chance. */
  readonly randomFully?: boolean;
  /** --persistent: the same source always gets the same address. */
  readonly persistent?: boolean;
}
