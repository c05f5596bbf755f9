/** What exec and attach share: finding the container that is meant, and joining a client to a process's streams. */
import { badRequest, failureStatus, notFound } from '../api/status.js';
import type { Pod, Status } from '../contract/kube.js';
import type { Kubelet } from '../kubelet/index.js';
import type { Console, OutputStream } from '../program/index.js';
import type {
  Refusal,
  RemoteCommandEvents,
  RemoteCommandOptions,
  RemoteCommandTransport,
} from '../stream/index.js';
import type { Cluster } from './cluster.js';
import { containerOf } from './pod-logs.js';

const KUBELET_PORT = 10250;

/** A container on a node that answers. Whether it runs is the kubelet's to say. */
export interface RemoteContainer {
  readonly ok: true;
  readonly pod: Pod;
  readonly uid: string;
  readonly container: string;
  readonly kubelet: Kubelet;
}

/** Finds the container of a request, with the refusals of the API server (`pkg/registry/core/pod/strategy.go`). */
export function findContainer(
  cluster: Cluster,
  asked: RemoteCommandOptions,
): RemoteContainer | Refusal {
  const refuse = (status: Status): Refusal => ({ ok: false, status });
  const pod = cluster.store.get('pods', asked.namespace, asked.pod);
  if (pod === undefined) {
    return refuse(notFound({ group: '', plural: 'pods', kind: 'Pod' }, asked.pod));
  }
  const container = containerOf(pod, asked.container);
  if (!container.ok) return refuse(badRequest(container.error));
  if ((pod.spec.nodeName ?? '') === '') {
    return refuse(badRequest(`pod ${asked.pod} does not have a host assigned`));
  }
  const kubelet = cluster.kubeletOf(pod);
  if (kubelet?.running !== true) {
    const host = pod.status?.hostIP ?? pod.spec.nodeName;
    return refuse(
      internal(
        `error dialing backend: dial tcp ${host}:${KUBELET_PORT}: connect: no route to host`,
      ),
    );
  }
  return { ok: true, pod, uid: pod.metadata.uid ?? '', container: container.value, kubelet };
}

/** A Status of what went wrong behind the API server. */
export function internal(message: string): Status {
  return failureStatus({ code: 500, reason: 'InternalError', message });
}

/** A failure of the kubelet, which is told when the connection stands. */
export function kubeletFailure(words: string): Status {
  return internal(`Internal error occurred: ${words}`);
}

/** The client's end for a process: slow readers hold it back. */
export interface ClientEnd {
  write(stream: OutputStream, octets: Uint8Array): Promise<void> | undefined;
  /** What the client does, for a process's console; `gone` is called when it leaves. */
  events(console: Console, gone: () => void): RemoteCommandEvents;
}

/** Joins a client to a process. */
export function clientEnd(transport: RemoteCommandTransport): ClientEnd {
  let waiting: { readonly drained: Promise<void>; readonly resolve: () => void } | undefined;
  const drain = (): void => {
    waiting?.resolve();
    waiting = undefined;
  };
  return {
    write: (stream, octets) => {
      if (!transport.write(stream, octets)) waiting ??= deferred();
      return waiting?.drained;
    },
    events: (console, gone) => ({
      input: (octets) => {
        const taken = console.writeInput(octets);
        if (taken === undefined) return;
        transport.pauseInput();
        void taken.then(() => transport.resumeInput());
      },
      inputEnd: () => console.closeInput(),
      resize: ({ height, width }) => console.resize({ columns: width, rows: height }),
      drain,
      gone: () => {
        drain();
        gone();
      },
    }),
  };
}

/** Events of a client whose command has ended before it could begin. */
export const DEAF: RemoteCommandEvents = {
  input: () => undefined,
  inputEnd: () => undefined,
  resize: () => undefined,
  drain: () => undefined,
  gone: () => undefined,
};

function deferred(): { readonly drained: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const drained = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { drained, resolve };
}
