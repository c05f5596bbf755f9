/**
 * Live traffic, on the Socket.IO namespace `/traffic`. Being connected is the subscription: nothing is counted while
 * nobody is. The server sends a slice about ten times a second while something passes, and none when nothing does.
 */
export interface TrafficEvents {
  slice(slice: TrafficSlice): void;
}

/** What the page may ask on `/traffic`. */
export interface TrafficRequests {
  /** Edges that are told of even when others have more traffic; replaces those asked for before. At most 16. */
  focus(edges: readonly string[]): void;
}

/** What traffic is told apart by; `probe` is connections of the kubelet's probes, `dns` is port 53. */
export type TrafficKind = 'tcp' | 'udp' | 'icmp' | 'arp' | 'other' | 'dns' | 'probe';

/** What passed in a slice of time. A slow page misses slices; what they counted is lost to it. */
export interface TrafficSlice {
  /** Simulated time that the slice covers, in nanoseconds. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Real time that it covers, in milliseconds. */
  readonly realMs: number;
  /** Directions of edges with the most packets, 200 at most, and those that were asked for. */
  readonly lanes: readonly LaneTraffic[];
  /** What passed on others. */
  readonly rest: { readonly lanes: number; readonly packets: number; readonly octets: number };
  /** Single packets where there are few, in order of time; 400 at most. */
  readonly crossings: readonly PacketCrossing[];
  /** 64 at most. */
  readonly drops: readonly TrafficDrop[];
}

/** A direction of an edge. */
export interface LaneTraffic {
  readonly edge: string;
  /** From the edge's `from` to its `to`. */
  readonly forward: boolean;
  /** By kind, those that passed: packets, and octets with the Ethernet header. */
  readonly counts: Readonly<
    Partial<Record<TrafficKind, readonly [packets: number, octets: number]>>
  >;
}

/** One packet on one edge. The crossings of a packet name the one before, so that its way can be drawn. */
export interface PacketCrossing {
  readonly id: number;
  /** The crossing before this one, perhaps of an earlier slice; 0 for the packet's first. Copies of a flood share it. */
  readonly after: number;
  readonly edge: string;
  readonly forward: boolean;
  /** Simulated time at which the packet was sent on the edge. */
  readonly atNs: number;
  readonly kind: TrafficKind;
  /** Requests and replies; ARP, neighbour discovery and ICMP errors are related to others. */
  readonly tone: 'request' | 'reply' | 'related';
}

/** Packets that ended at one place for one reason. */
export interface TrafficDrop {
  readonly vertex: string;
  /** Set when they were lost on an edge. */
  readonly edge?: string;
  /** The named reason, such as `hook-dropped`. */
  readonly reason: string;
  /** The reason in words. */
  readonly text: string;
  readonly kind: TrafficKind;
  readonly count: number;
  /** The crossing after which the first of them ended, when that packet was followed. */
  readonly crossing?: number;
}
