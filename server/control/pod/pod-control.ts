import type { KubeObject, Pod, PodTemplateSpec } from '../../contract/kube.js';
import type { ControlContext } from '../context.js';
import { generatedName } from '../naming.js';
import { controllerReference } from './pod-state.js';

const NAME_ATTEMPTS = 8;

/** How a pod that a controller makes differs from its template. */
export interface PodMaking {
  readonly owner: KubeObject;
  readonly component: string;
  readonly template: PodTemplateSpec;
  /** The whole name; generated after the owner's when absent. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  /** What the event says of the pod made; `Created pod: <name>` when absent. */
  readonly message?: string;
  readonly adapt?: (spec: Pod['spec']) => Pod['spec'];
}

/** The answer to a wish for a pod. */
export type PodMade =
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly exists: boolean; readonly message: string };

/**
 * Makes a pod of a template and records `SuccessfulCreate` or `FailedCreate` on the owner (upstream
 * `RealPodControl.createPods`). The template's frozen parts are shared.
 */
export function createPod(context: ControlContext, making: PodMaking): PodMade {
  const { owner, component, template } = making;
  const { namespace = 'default' } = owner.metadata;
  const spec = making.adapt === undefined ? template.spec : making.adapt(template.spec);
  const base = `${owner.metadata.name}-`;
  let message = '';
  let exists = false;
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    const name = making.name ?? generatedName(base, context.suffix());
    exists = context.client.store.get('pods', namespace, name) !== undefined;
    if (exists && making.name === undefined) continue;
    if (exists) break;
    const annotations = { ...template.metadata?.annotations, ...making.annotations };
    const created = context.client.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace,
        ...(making.name === undefined ? { generateName: base } : {}),
        labels: { ...template.metadata?.labels, ...making.labels },
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        ...(making.finalizers === undefined ? {} : { finalizers: making.finalizers }),
        ownerReferences: [controllerReference(owner)],
      },
      spec,
      status: { phase: 'Pending' },
    });
    if (created.ok) {
      context.recorder.record(owner, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: making.message ?? `Created pod: ${name}`,
        component,
      });
      return { ok: true, pod: created.value };
    }
    message = created.message;
    exists = created.failure === 'exists';
    if (!exists || making.name !== undefined) break;
  }
  if (!exists) {
    context.recorder.record(owner, {
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating: ${message}`,
      component,
    });
  }
  return { ok: false, exists, message };
}

/** Deletes a pod and records `SuccessfulDelete` on its owner. */
export function deletePod(
  context: ControlContext,
  owner: KubeObject,
  pod: Pod,
  component: string,
): boolean {
  const { namespace, name, uid } = pod.metadata;
  const gone = context.client.delete('pods', namespace, name, uid === undefined ? {} : { uid });
  if (!gone.ok) {
    context.recorder.record(owner, {
      type: 'Warning',
      reason: 'FailedDelete',
      message: `Error deleting: ${gone.message}`,
      component,
    });
    return false;
  }
  context.recorder.record(owner, {
    type: 'Normal',
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${name}`,
    component,
  });
  return true;
}
