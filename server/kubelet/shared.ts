import type { Pod } from '../contract/kube.js';
import type { Change, ObjectStore } from '../store/store.js';
import { ServiceEnvironment } from './service-env.js';

/** Called with each change of a pod that is, or was, bound to the node. */
export type PodHandler = (change: Change<Pod>) => void;

const BY_NODE = 'spec.nodeName';

/**
 * What the kubelets of one cluster have in common: one watch on pods that is handed on by node, so that a change costs the same with one
 * node and with a thousand, and the variables of Services.
 */
export class KubeletShared {
  readonly services: ServiceEnvironment;
  private readonly store: ObjectStore;
  private readonly handlers = new Map<string, PodHandler>();

  constructor(store: ObjectStore) {
    this.store = store;
    this.services = new ServiceEnvironment(store);
    store.addIndex('pods', BY_NODE, (pod) =>
      pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? [] : [pod.spec.nodeName],
    );
    store.watch('pods', (change) => {
      const node = change.object.spec.nodeName;
      if (node !== undefined) this.handlers.get(node)?.(change);
    });
  }

  /** Pods bound to a node now. */
  podsOf(nodeName: string): readonly Pod[] {
    return this.store.byIndex('pods', BY_NODE, nodeName);
  }

  /** Hands changes of a node's pods to its kubelet; returns the call that ends it. */
  subscribe(nodeName: string, handler: PodHandler): () => void {
    this.handlers.set(nodeName, handler);
    return () => {
      if (this.handlers.get(nodeName) === handler) this.handlers.delete(nodeName);
    };
  }
}
