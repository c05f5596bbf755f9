/**
 * One shape for "what happened and why": a packet on its way and a pod coming to life are both journeys. The CLI
 * prints it, the API returns it, the graph animates it.
 */
export interface Journey {
  readonly kind: 'packet' | 'pod';
  readonly id: string;
  /** A few words: `TCP default/web-0 → api.default.svc:8080`. */
  readonly title: string;
  /** How it ended. */
  readonly disposition: Disposition;
  /** One sentence that says why it ended so. */
  readonly summary: string;
  /** What to do about it, in the words of manifests; absent when nothing is known beyond the summary. */
  readonly advice?: string;
  readonly startedNs: number;
  readonly endedNs: number;
  readonly hops: readonly Hop[];
}

/** How a journey ended. */
export type Disposition =
  | 'delivered'
  | 'refused'
  | 'dropped'
  | 'timeout'
  | 'error'
  | 'in-progress'
  | 'ready'
  | 'failed';

/** One place visited: a network namespace for packets, a stage for pods. */
export interface Hop {
  /** 1-based, in order of time. */
  readonly number: number;
  readonly atNs: number;
  /** For packets: node and namespace, such as `node1` and `pod default/web-0`; for pods the stage's name. */
  readonly place: string;
  readonly host: string;
  /** Graph vertex to light up: `pod:<ns>/<name>`, `node:<name>`, `switch:<name>` … */
  readonly vertex: string;
  /** Which packet of the conversation: 0 is the probe, others name what caused them. */
  readonly packet: number;
  readonly direction: 'request' | 'reply' | 'related' | 'none';
  readonly steps: readonly Step[];
}

/** One decision or action, with its reason. */
export interface Step {
  readonly atNs: number;
  /** Part that acted: `device`, `bridge`, `route`, `neighbor`, `netfilter`, `conntrack`, `nat`, `socket`, `icmp`, `vxlan`, `scheduler`, `cni` … */
  readonly component: string;
  /** What it did: `transmit`, `receive`, `forward`, `lookup`, `dnat`, `drop`, `accept`, `reject` … */
  readonly action: string;
  /** Device the step happened on. */
  readonly device?: string;
  /** One sentence a learner understands, with the values that decided. */
  readonly reason: string;
  /** Machine-readable name for drops and refusals, such as `no-route`, and for failed pod stages. */
  readonly code?: string;
  /** The packet as it left this step, one line in the manner of tcpdump. */
  readonly packet?: string;
  /** Header fields that this step changed. */
  readonly changes?: readonly {
    readonly field: string;
    readonly before: string;
    readonly after: string;
  }[];
  /** Facts that decided: matched route, rule text, neighbour state. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Container of a pod that the step is about. */
  readonly container?: string;
  /** What of a pod is there from this step on, or no more. */
  readonly builds?: PodPart;
  readonly breaks?: PodPart;
  /** Key of what can be read at this step of a pod's journey: commands, JSON, tables; `podStep` gives it. */
  readonly artefacts?: string;
}

/** What a pod is built of, in that order: its place on a node, pause, its network, a container. */
export type PodPart = 'room' | 'pause' | 'network' | 'container';

/** The packet before and after one step of a kept journey, header by header. */
export interface StepPackets {
  /** Absent where the packet begins. */
  readonly before?: PacketPicture;
  readonly after: PacketPicture;
}

/** A packet as headers, outermost first, and as octets. */
export interface PacketPicture {
  readonly layers: readonly PictureLayer[];
  /** Two hexadecimal digits each; the first of them only when the packet is long. */
  readonly octets: string;
  /** Octets of the whole packet. */
  readonly length: number;
}

/** A header, or the payload. */
export interface PictureLayer {
  readonly name: string;
  /** Octets from the start of the packet. */
  readonly offset: number;
  readonly length: number;
  readonly fields: readonly PictureField[];
}

/** A field of a header; without `offset` it was computed, not read. */
export interface PictureField {
  readonly name: string;
  readonly value: string;
  readonly offset?: number;
  /** Octets that the field touches. */
  readonly length?: number;
}

/** The packets of every step of a journey, to be kept with it; what is the same is there once. */
export interface JourneyPackets {
  readonly layers: readonly PictureLayer[];
  readonly pictures: readonly PackedPicture[];
  /**
   * For each hop in order, for each of its steps: indexes of the pictures before and after; the first is -1 where the
   * packet begins. Steps beyond what is kept are missing.
   */
  readonly steps: readonly (readonly (readonly [before: number, after: number])[])[];
}

/** A `PacketPicture` whose headers are told by their index. */
export interface PackedPicture {
  readonly layers: readonly number[];
  readonly octets: string;
  readonly length: number;
}
