import { cabledTo, type Fabric } from '../../topology/index.js';
import type { Kubelet } from '../kubelet/index.js';

/** Who is listened to, and who listens. */
export interface HeartbeatOptions {
  /** The machine that the API server runs on. */
  readonly controlPlane: string;
  readonly kubelets: ReadonlyMap<string, Kubelet>;
}

/**
 * When the control plane heard of each kubelet. A real one renews its Lease every 10 s; here it is worked out when
 * somebody asks or a link changes, so that an idle cluster has nothing to do.
 *
 * Fidelity: a kubelet is heard of while cables and devices that are up lead from its node to the control plane; routes and
 * rules on the way are not asked. A kubelet that is cut off still sees its pods' objects and reports them.
 */
export class Heartbeats {
  private readonly fabric: Fabric;
  private readonly options: HeartbeatOptions;
  private readonly heard = new Map<string, number>();
  private reached: ReadonlySet<string>;
  private lookedAtNs: number;

  constructor(fabric: Fabric, options: HeartbeatOptions) {
    this.fabric = fabric;
    this.options = options;
    this.reached = cabledTo(fabric, options.controlPlane);
    this.lookedAtNs = fabric.clock.nowNs;
  }

  /** The newest heartbeat of a node, on the simulated clock; now while it is heard of, undefined if it never was. */
  lastOf(name: string): number | undefined {
    // All nodes are asked about in the same instant.
    if (this.lookedAtNs !== this.fabric.clock.nowNs) this.look();
    if (this.reached.has(name) && this.options.kubelets.get(name)?.running === true)
      this.heard.set(name, this.fabric.clock.nowNs);
    return this.heard.get(name);
  }

  /** Notes who has been cut off, and lets a kubelet that is reached again post its status. */
  look(): void {
    const before = this.reached;
    this.lookedAtNs = this.fabric.clock.nowNs;
    this.reached = cabledTo(this.fabric, this.options.controlPlane);
    for (const [name, kubelet] of this.options.kubelets) {
      const isReached = this.reached.has(name);
      if (isReached === before.has(name) || !kubelet.running) continue;
      if (isReached) kubelet.postStatus();
      else this.heard.set(name, this.fabric.clock.nowNs);
    }
  }
}
