/**
 * The live graph. It goes out as a snapshot with a sequence number, then as diffs that name the number they
 * follow; whoever misses one asks for a snapshot. Ids are stable: the page keeps positions and pins by id.
 */

/** Everything that is drawn, at one moment. */
export interface GraphSnapshot {
  readonly seq: number;
  readonly clock: ClockState;
  readonly cluster: ClusterFacts;
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
}

/** What changed since `after`; apply only when that is the number one has. */
export interface GraphDiff {
  readonly seq: number;
  readonly after: number;
  readonly clock: ClockState;
  /** Added or changed, whole. */
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
  /** Ids that are gone. */
  readonly removedVertices: readonly string[];
  readonly removedEdges: readonly string[];
}

/** The simulated clock. */
export interface ClockState {
  readonly nowNs: number;
  /** RFC 3339 time of `nowNs`. */
  readonly now: string;
  readonly paused: boolean;
  /** Simulated seconds per real second. */
  readonly speed: number;
}

export interface ClusterFacts {
  readonly name: string;
  readonly version: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly dnsIp: string;
  /** `host-gw`, `vxlan` or `routed`. */
  readonly network: string;
}

export type Vertex =
  | NodeVertex
  | PodVertex
  | BridgeVertex
  | TunnelVertex
  | SwitchVertex
  | ServiceVertex
  | PolicyVertex;

interface VertexBase {
  readonly id: string;
  readonly name: string;
  /** Id of the vertex drawn around this one. */
  readonly parent?: string;
}

/** A machine: Kubernetes node, router, or the world outside. Id `node:<name>`. */
export interface NodeVertex extends VertexBase {
  readonly kind: 'node' | 'router' | 'outside';
  readonly role: string;
  readonly ready: boolean;
  readonly schedulable: boolean;
  /** False while a Fault has cut its power. */
  readonly powered: boolean;
  readonly addresses: readonly string[];
  readonly podCidr?: string;
}

/** Id `pod:<namespace>/<name>`; `parent` is its node, absent while unscheduled. */
export interface PodVertex extends VertexBase {
  readonly kind: 'pod';
  readonly namespace: string;
  readonly uid: string;
  /** The STATUS word of `kubectl get pods`: Running, ContainerCreating, CrashLoopBackOff … */
  readonly status: string;
  readonly phase: string;
  /** How the status is meant: colour and shape. */
  readonly tone: 'good' | 'busy' | 'bad' | 'done';
  /** `1/2`. */
  readonly ready: string;
  readonly restarts: number;
  readonly ip?: string;
  readonly hostNetwork: boolean;
  /** `Deployment/web`, for grouping. */
  readonly owner?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerMark[];
  /** Short sentence when something is wrong: why it waits, which port is taken by whom. */
  readonly problem?: string;
  /** Names of the NetworkPolicies of its namespace that isolate it, by direction; absent while none does. */
  readonly isolatedBy?: Readonly<Partial<Record<PolicyDirection, readonly string[]>>>;
}

/** A container inside a pod; the pause container comes first and holds the namespaces. */
export interface ContainerMark {
  readonly name: string;
  readonly role: 'pause' | 'app' | 'init' | 'sidecar' | 'ephemeral';
  readonly state: 'waiting' | 'running' | 'terminated';
  readonly reason?: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly image: string;
  /** Ports its processes are bound to, such as `80/tcp`. */
  readonly ports: readonly string[];
}

/** A bridge of a node. Id `bridge:<node>/<device>`. */
export interface BridgeVertex extends VertexBase {
  readonly kind: 'bridge';
  readonly addresses: readonly string[];
  readonly up: boolean;
}

/** A VXLAN device of a node. Id `tunnel:<node>/<device>`. */
export interface TunnelVertex extends VertexBase {
  readonly kind: 'tunnel';
  readonly vni: number;
  readonly up: boolean;
  /** Address of this tunnel end (VTEP) in the underlay. */
  readonly vtep?: string;
  /** UDP port of the tunnel. */
  readonly port?: number;
  /** VTEPs that its forwarding database names, the first 64. */
  readonly peers: readonly string[];
}

/** A switch of the underlay. Id `switch:<name>`. */
export interface SwitchVertex extends VertexBase {
  readonly kind: 'switch';
}

/** A Service; drawn in a list, lit up when a trace passes its address. Id `service:<namespace>/<name>`. */
export interface ServiceVertex extends VertexBase {
  readonly kind: 'service';
  readonly namespace: string;
  readonly type: string;
  readonly clusterIp: string;
  /** `80/TCP→8080`, `80:30080/TCP`. */
  readonly ports: readonly string[];
  /** `10.244.1.4:8080`, ready ones. */
  readonly endpoints: readonly string[];
  /** Pods behind it that are ready, as vertex ids. */
  readonly pods: readonly string[];
  /** Pods behind it that are not, and get nothing from it. */
  readonly unready: readonly string[];
  /** Each of its ports with the one of the pods that it goes to: `80 → 8080/TCP`. */
  readonly mappings: readonly string[];
  /** Ports that every node takes for it. */
  readonly nodePorts: readonly number[];
  /** Where it is open to the outside: whether a node passes what comes there on to pods of other nodes. */
  readonly externalTrafficPolicy?: 'Cluster' | 'Local';
}

/** Which way a policy speaks of: to the pods that it isolates, or from them. */
export type PolicyDirection = 'ingress' | 'egress';

/**
 * A NetworkPolicy. Which pods it isolates they say themselves (`isolatedBy`); whom its rules name, the command `reach`
 * answers. Id `policy:<namespace>/<name>`.
 */
export interface PolicyVertex extends VertexBase {
  readonly kind: 'policy';
  readonly namespace: string;
  readonly directions: readonly PolicyDirection[];
  /** How many pods it isolates. */
  readonly subjects: number;
}

/** A connection between two devices. */
export interface Edge {
  readonly id: string;
  readonly kind: 'veth' | 'cable' | 'uplink' | 'tunnel';
  readonly from: string;
  readonly to: string;
  readonly fromDevice: string;
  readonly toDevice: string;
  readonly up: boolean;
  /** Cables: one-way delay in microseconds, and rate. */
  readonly delayUs?: number;
  readonly rateBitsPerSecond?: number;
}
