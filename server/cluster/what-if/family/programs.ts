/** Programs that listen where nobody reaches them, and pods that do not run. */

import { nearest } from '../../../api/schema/near-miss.js';
import type { Container, Pod } from '../../../contract/kube.js';
import { asObject, type JsonObject, objectsOf } from '../../../kube/json.js';
import { OFFICIAL_IMAGES } from '../../../registry/index.js';
import type { Candidate } from '../candidate.js';
import { type Case, isReadyPod, keyOf, openPorts } from '../case.js';
import { containerOf, editPods, remake } from '../edit.js';

const LOOPBACK = /\b(127\.0\.0\.1|localhost)\b|(?<![\w:])::1(?![\w:])/;

/** A program binds 127.0.0.1: it is told to bind every address. */
export function loopbackBinds(failed: Case): readonly Candidate[] {
  const { asked, cluster, request } = failed;
  const [pod] = asked;
  if (pod === undefined) return [];
  return openPorts(cluster, pod)
    .filter(({ loopback, proto }) => loopback && proto === request.protocol)
    .flatMap(({ container, port }): readonly Candidate[] => {
      const made = editPods(cluster, pod, (spec) => {
        const own = containerOf(spec, container);
        if (own !== undefined) rewrite(own, (text) => text.replace(LOOPBACK, '0.0.0.0'));
      });
      if (made === undefined) return [];
      return [
        {
          ...made.edit,
          text: `Let container ${container} bind 0.0.0.0 instead of 127.0.0.1 (${made.owner})`,
          because: `it listens on port ${port} of the pod's loopback, which nobody outside of the pod reaches`,
          size: 'restart',
        },
      ];
    });
}

/** A container that lost a port to another one of the pod: another port, where it can be told one. */
export function portConflicts({ asked, cluster }: Case): readonly Candidate[] {
  return asked.slice(0, 1).flatMap((pod) => {
    const view = cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
    return (view?.conflicts ?? []).slice(0, 2).flatMap((conflict): readonly Candidate[] => {
      const taken = new Set((view?.ports ?? []).map(({ port }) => port));
      let free = conflict.port + 8000;
      while (taken.has(free)) free += 1;
      const made = editPods(cluster, pod, (spec) => {
        const own = containerOf(spec, conflict.container);
        if (own === undefined) return;
        const number = new RegExp(`(?<!\\d)${conflict.port}(?!\\d)`);
        rewrite(own, (text) => text.replace(number, String(free)));
      });
      if (made === undefined) return [];
      return [
        {
          ...made.edit,
          text: `Let container ${conflict.container} use port ${free} instead of ${conflict.port} (${made.owner})`,
          because: `${conflict.holder ?? 'another container'} has port ${conflict.port} already, so ${conflict.container} ends with ${conflict.errno}`,
          size: 'restart',
        },
      ];
    });
  });
}

/** An image that cannot be pulled: the name that was probably meant, and the newest tag. */
export function images({ asked, cluster }: Case): readonly Candidate[] {
  return asked
    .filter((pod) => !isReadyPod(pod))
    .slice(0, 1)
    .flatMap((pod) =>
      pod.spec.containers.flatMap((container) => imageCandidates(pod, container, cluster)),
    );
}

function imageCandidates(pod: Pod, { image = '', name }: Container, cluster: Case['cluster']) {
  const status = pod.status?.containerStatuses?.find((one) => one.name === name);
  const reason = status?.state?.waiting?.reason ?? '';
  if (!/^(ErrImagePull|ImagePullBackOff|InvalidImageName)$/.test(reason)) return [];
  const { repository, tag } = splitImage(image);
  const short = repository.replace(/^docker\.io\/(library\/)?/, '');
  const near = OFFICIAL_IMAGES.has(short) ? short : nearest(short.toLowerCase(), OFFICIAL_IMAGES);
  const others = [
    ...(near === undefined || near === short ? [] : [`${near}${tag}`]),
    ...(near === undefined ? [] : [`${near}:latest`]),
  ];
  return [...new Set(others)].flatMap((other): readonly Candidate[] => {
    const made = editPods(cluster, pod, (spec) => {
      const own = containerOf(spec, name);
      if (own !== undefined) own.image = other;
    });
    if (made === undefined) return [];
    return [
      {
        ...made.edit,
        text: `Let container ${name} use image ${other} (${made.owner})`,
        because: `image ${image} cannot be pulled (${reason}), so the container never starts`,
        size: 'restart',
      },
    ];
  });
}

function splitImage(image: string): { readonly repository: string; readonly tag: string } {
  const at = image.lastIndexOf(':');
  return at > image.lastIndexOf('/')
    ? { repository: image.slice(0, at), tag: image.slice(at) }
    : { repository: image, tag: '' };
}

/** A pod that ended is made again; one that no node takes is given back a node. */
export function deadPods({ asked, cluster, source }: Case): readonly Candidate[] {
  const pods = [...asked.slice(0, 1), ...(source?.kind === 'pod' ? [source.pod] : [])];
  return pods.flatMap((pod): readonly Candidate[] => {
    const { phase } = pod.status ?? {};
    const ownedBy = pod.metadata.ownerReferences?.some(({ controller }) => controller === true);
    if ((phase === 'Succeeded' || phase === 'Failed') && ownedBy !== true) {
      const edit = remake(pod, (spec) => {
        spec.restartPolicy = 'Always';
      });
      if (edit === undefined) return [];
      return [
        {
          ...edit,
          text: `Make pod ${keyOf(pod)} again, with restartPolicy Always`,
          because: `its containers have ended (${phase}), and a pod that ended is not started again`,
          size: 'restart',
        },
      ];
    }
    return pod.spec.nodeName === undefined ? unscheduled(cluster, pod) : [];
  });
}

function unscheduled(cluster: Case['cluster'], pod: Pod): readonly Candidate[] {
  const because = `no node takes pod ${keyOf(pod)}: it waits unscheduled`;
  const cordoned = cluster.store.list('nodes').filter(({ spec }) => spec.unschedulable === true);
  const { nodeSelector, affinity } = pod.spec;
  const free =
    nodeSelector === undefined && affinity?.nodeAffinity === undefined
      ? undefined
      : editPods(cluster, pod, (spec) => {
          delete spec.nodeSelector;
          const own = asObject(spec.affinity);
          if (own !== undefined) delete own.nodeAffinity;
        });
  return [
    ...cordoned.slice(0, 2).map(
      ({ metadata }): Candidate => ({
        text: `Uncordon node ${metadata.name}`,
        because,
        size: 'field',
        deeds: [{ command: 'act', request: { act: 'uncordon', node: metadata.name } }],
        changes: [
          {
            kind: 'commands',
            title: `Node ${metadata.name}`,
            lines: [`kubectl uncordon ${metadata.name}`],
          },
        ],
      }),
    ),
    ...(free === undefined
      ? []
      : [
          {
            ...free.edit,
            text: `Let ${free.owner} run on any node`,
            because,
            size: 'restart' as const,
          },
        ]),
  ];
}

/** Rewrites what a container is started with. */
function rewrite(container: JsonObject, change: (text: string) => string): void {
  for (const field of ['command', 'args'] as const) {
    const words = container[field];
    if (Array.isArray(words))
      container[field] = words.map((word: unknown) =>
        typeof word === 'string' ? change(word) : word,
      );
  }
  for (const variable of objectsOf(container.env))
    if (typeof variable.value === 'string') variable.value = change(variable.value);
}
