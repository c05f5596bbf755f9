import { SECOND } from '../../../base/index.js';

/** nf_conntrack_udp_timeout, nf_conntrack_udp_timeout_stream, nf_conntrack_icmp_timeout, nf_conntrack_generic_timeout. */
export const UDP_TIMEOUT_NS = 30 * SECOND;
export const UDP_STREAM_TIMEOUT_NS = 120 * SECOND;
export const ICMP_TIMEOUT_NS = 30 * SECOND;
export const GENERIC_TIMEOUT_NS = 600 * SECOND;

/** How long UDP must be answered before it counts as a stream. */
export const UDP_STREAM_AFTER_NS = 2 * SECOND;

/** nf_conntrack_max of a machine with 8 GiB or more, when the sysctl says nothing. */
export const CONNTRACK_MAX = 262_144;
