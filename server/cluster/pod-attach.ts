/** Attaching to the program of a pod's container, for `kubectl attach`, `run -it` and `debug -it`. */
import { exitStatus, type StartRemoteCommand } from '../stream/index.js';
import type { Cluster } from './cluster.js';
import { clientEnd, DEAF, findContainer, kubeletFailure } from './remote-container.js';

/** Attaches to a cluster's containers. Whether there is a terminal is the container's to say (kubelet GetAttach). */
export function attachIn(cluster: Cluster): StartRemoteCommand {
  return (asked) => {
    const found = findContainer(cluster, asked);
    if (!found.ok) return found;
    return {
      ok: true,
      run: (transport) => {
        const { container, kubelet, pod, uid } = found;
        const { name, namespace = 'default' } = pod.metadata;
        const client = clientEnd(transport);
        const attached = kubelet.attach(uid, container, {
          stdin: asked.stdin,
          write: client.write,
          ended: () => transport.finish(exitStatus(0)),
        });
        if (attached !== undefined) return client.events(attached, attached.detach);
        const words = `unable to upgrade connection: container ${container} not found in pod ${name}_${namespace}`;
        transport.finish(kubeletFailure(words));
        return DEAF;
      },
    };
  };
}
