/** What is inside a pod, for a drawing that is near enough to show it. */
export interface PodInside {
  /** Vertex id of the pod. */
  readonly id: string;
  /** Inode numbers of the namespaces that pause holds: net, ipc, uts … */
  readonly namespaces: Readonly<Record<string, number>>;
  readonly pausePid: number;
  readonly devices: readonly InsideDevice[];
  readonly containers: readonly InsideContainer[];
}

/** A device of the pod's network namespace. */
export interface InsideDevice {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** `10.244.1.4/24`. */
  readonly addresses: readonly string[];
  /** The other end of a veth, on the node: its name, and the bridge that it is a port of. */
  readonly peer?: { readonly name: string; readonly bridge?: string };
}

/** A container that runs. */
export interface InsideContainer {
  readonly name: string;
  /** The first is the one that the container was made for. */
  readonly processes: readonly {
    readonly pid: number;
    readonly command: string;
    /** What it listens on: `tcp 0.0.0.0:80`, `udp [::]:53`. */
    readonly listens: readonly string[];
  }[];
}
