/** Running a command in a pod's container for `kubectl exec`, with the refusals of the API server and the kubelet. */
import { badRequest, failureStatus, notFound } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import { exitStatus, type RemoteCommandEvents, type StartRemoteCommand } from '../stream/index.js';
import type { Cluster } from './cluster.js';
import { containerOf } from './pod-logs.js';

const ABANDONED = 137;
const DEAF: RemoteCommandEvents = {
  input: () => undefined,
  inputEnd: () => undefined,
  resize: () => undefined,
  drain: () => undefined,
  gone: () => undefined,
};

/** Starts commands in a cluster's containers. */
export function execIn(cluster: Cluster): StartRemoteCommand {
  return (asked) => {
    const { command, namespace, stdin, tty } = asked;
    const refuse = (status: Status) => ({ ok: false, status }) as const;
    const pod = cluster.store.get('pods', namespace, asked.pod);
    if (pod === undefined)
      return refuse(notFound({ group: '', plural: 'pods', kind: 'Pod' }, asked.pod));
    if (command.length === 0)
      return refuse(badRequest('you must specify at least one command for the container'));
    const container = containerOf(pod, asked.container);
    if (!container.ok) return refuse(badRequest(container.error));
    const { phase = 'Pending' } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') {
      return refuse(
        badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`),
      );
    }
    if ((pod.spec.nodeName ?? '') === '')
      return refuse(badRequest(`pod ${asked.pod} does not have a host assigned`));
    const kubelet = cluster.kubeletOf(pod);
    const uid = pod.metadata.uid ?? '';
    if (kubelet?.processOf(uid, container.value) === undefined) {
      return refuse(
        internal(`unable to upgrade connection: container not found ("${container.value}")`),
      );
    }
    return {
      ok: true,
      run: (transport) => {
        const request = { argv: command, stdin, terminal: tty, write: transport.write };
        const started = kubelet.exec(uid, container.value, request);
        if (!started.ok) {
          transport.finish(
            internal(
              `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: ${started.error.text}: unknown`,
            ),
          );
          return DEAF;
        }
        const { process, session } = started.value;
        if (process.state === 'exited') transport.finish(exitStatus(process.exitCode ?? 0));
        else process.onExit((ended) => transport.finish(exitStatus(ended.exitCode ?? 0)));
        return {
          ...DEAF,
          input: session.writeInput,
          inputEnd: session.closeInput,
          gone: () => {
            if (process.state === 'running') process.sys.exit(ABANDONED);
          },
        };
      },
    };
  };
}

function internal(message: string): Status {
  return failureStatus({ code: 500, reason: 'InternalError', message });
}
