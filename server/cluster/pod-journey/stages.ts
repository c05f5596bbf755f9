import type { Pod } from '../../contract/kube.js';

/** Where in its life a pod's step belongs, in the order of a pod's path. */
export type Stage =
  | 'manifest'
  | 'api'
  | 'scheduling'
  | 'admit'
  | 'volumes'
  | 'sandbox'
  | 'cni'
  | 'pull'
  | 'create'
  | 'start'
  | 'probe'
  | 'ready'
  | 'endpoints'
  | 'proxy'
  | 'stop';

/** What people call the stages. */
export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  manifest: 'manifest',
  api: 'API server',
  scheduling: 'scheduler',
  admit: 'kubelet admits',
  volumes: 'volumes',
  sandbox: 'sandbox: clone() and pause',
  cni: 'CNI: address and wires',
  pull: 'image pull',
  create: 'create container',
  start: 'start container',
  probe: 'probes',
  ready: 'conditions',
  endpoints: 'endpoints',
  proxy: 'kube-proxy',
  stop: 'stop',
};

const CONTROL_PLANE: ReadonlySet<Stage> = new Set(['manifest', 'api', 'scheduling', 'endpoints']);
const NODE: ReadonlySet<Stage> = new Set(['admit', 'volumes', 'pull', 'proxy']);

/** The machine that acts at a stage, and where that is on the graph. */
export function placeOf(
  stage: Stage,
  pod: Pod,
  at: { readonly node: string; readonly controlPlane: string },
): { readonly host: string; readonly vertex: string } {
  const { controlPlane, node } = at;
  if (CONTROL_PLANE.has(stage) || node === '')
    return { host: controlPlane, vertex: `node:${controlPlane}` };
  return NODE.has(stage)
    ? { host: node, vertex: `node:${node}` }
    : { host: node, vertex: `pod:${pod.metadata.namespace}/${pod.metadata.name}` };
}
