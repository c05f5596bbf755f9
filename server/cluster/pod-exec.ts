/** Running a command in a pod's container for `kubectl exec`, with the refusals of the API server and the kubelet. */
import { badRequest } from '../api/status.js';
import { exitStatus, type StartRemoteCommand } from '../stream/index.js';
import type { Cluster } from './cluster.js';
import { clientEnd, DEAF, findContainer, kubeletFailure } from './remote-container.js';

const ABANDONED = 137;
const FAILED = 'error executing command in container: failed to exec in container: failed to start';
const OCI = 'OCI runtime exec failed: exec failed: unable to start container process';

/**
 * Starts commands in a cluster's containers.
 *
 * Fidelity: a command whose client leaves is killed; containerd lets it run on without its streams.
 */
export function execIn(cluster: Cluster): StartRemoteCommand {
  return (asked) => {
    const found = findContainer(cluster, asked);
    if (!found.ok) return found;
    const { command, stdin, tty } = asked;
    if (command.length === 0) {
      const status = badRequest('you must specify at least one command for the container');
      return { ok: false, status };
    }
    const { phase = 'Pending' } = found.pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') {
      const words = `cannot exec into a container in a completed pod; current phase is ${phase}`;
      return { ok: false, status: badRequest(words) };
    }
    return {
      ok: true,
      run: (transport) => {
        const { container, kubelet, uid } = found;
        const client = clientEnd(transport);
        if (kubelet.processOf(uid, container) === undefined) {
          const words = `unable to upgrade connection: container not found ("${container}")`;
          transport.finish(kubeletFailure(words));
          return DEAF;
        }
        const request = { argv: command, stdin, terminal: tty, write: client.write };
        const started = kubelet.exec(uid, container, request);
        if (!started.ok) {
          const { id, text } = started.error;
          const exec = id === undefined ? 'exec' : `exec "${id}"`;
          transport.finish(kubeletFailure(`${FAILED} ${exec}: ${OCI}: ${text}: unknown`));
          return DEAF;
        }
        const { process, session } = started.value;
        if (process.state === 'exited') transport.finish(exitStatus(process.exitCode ?? 0));
        else process.onExit((ended) => transport.finish(exitStatus(ended.exitCode ?? 0)));
        return client.events(session, () => {
          if (process.state === 'running') process.sys.exit(ABANDONED);
        });
      },
    };
  };
}
