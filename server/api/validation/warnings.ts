/** What upstream warns of but stores (kubernetes `pkg/api/pod/warnings.go`). */

import type { KubeObject, PodSpec } from '../../contract/kube.js';
import { asObject } from '../../kube/json.js';

/** Warnings about a Pod. */
export function warnOfPod(object: KubeObject): readonly string[] {
  return warnOfPodSpec(object.spec as PodSpec | undefined, 'spec');
}

/** Warnings about what makes pods. */
export function warnOfWorkload(object: KubeObject): readonly string[] {
  const template = asObject(asObject(object.spec)?.template);
  return warnOfPodSpec(template?.spec as PodSpec | undefined, 'spec.template.spec');
}

function warnOfPodSpec(spec: PodSpec | undefined, path: string): readonly string[] {
  const warnings: string[] = [];
  (spec?.containers ?? []).forEach(({ ports = [], env = [] }, index) => {
    const at = `${path}.containers[${index}]`;
    ports.forEach(({ containerPort, protocol, hostPort, hostIP }, position) => {
      const first = ports.findIndex(
        (other) =>
          other.containerPort === containerPort &&
          other.protocol === protocol &&
          (other.hostPort ?? 0) === (hostPort ?? 0) &&
          (other.hostIP ?? '') === (hostIP ?? ''),
      );
      if (first < position) {
        warnings.push(
          `${at}.ports[${position}]: duplicate port definition with ${at}.ports[${first}]`,
        );
      }
    });
    env.forEach(({ name }, position) => {
      const first = env.findIndex((other) => other.name === name);
      if (first < position) {
        warnings.push(
          `${at}.env[${position}]: hides previous definition of "${name}", which may be dropped when using apply`,
        );
      }
    });
  });
  return warnings;
}
