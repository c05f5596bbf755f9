/** Recognises files that are no Kubernetes manifests but lie beside them. */

import { isObject, type JsonObject } from '../../kube/json.js';

/** What a document is, and what to do with it. */
export interface Shape {
  readonly what: string;
  readonly hint?: string;
}

const KINDS: readonly (readonly [group: RegExp, kind: RegExp, shape: Shape])[] = [
  [
    /^kind\.x-k8s\.io\//,
    /^Cluster$/,
    {
      what: 'a configuration of kind (Kubernetes in Docker)',
      hint: 'describe the nodes in a Topology document',
    },
  ],
  [
    /^kustomize\.config\.k8s\.io\//,
    /./,
    { what: 'a kustomization', hint: 'build it first: kubectl kustomize FOLDER' },
  ],
  [/^kubeadm\.k8s\.io\//, /./, { what: 'a configuration of kubeadm' }],
  [
    /^(kubelet|kubeproxy|kubescheduler|apiserver|audit)\.?(config)?\.k8s\.io\//,
    /./,
    { what: 'a configuration of a Kubernetes component' },
  ],
  [/^v1$/, /^Config$/, { what: 'a kubeconfig' }],
  [/^(skaffold|minikube)/, /./, { what: 'a configuration of a development tool' }],
  [/^k3d\.io\//, /./, { what: 'a configuration of k3d' }],
];

/** What a document with kind and apiVersion is, if it is meant for a tool and not for the API. */
export function shapeOfKind(apiVersion: string, kind: string): Shape | undefined {
  return KINDS.find(([group, name]) => group.test(apiVersion) && name.test(kind))?.[2];
}

const has = (value: JsonObject, ...fields: readonly string[]) =>
  fields.every((field) => field in value);

/** What a document without kind is, as far as its fields tell. */
export function shapeOfFields(file: string, value: unknown): Shape | undefined {
  const name = file.split('/').at(-1)?.toLowerCase() ?? '';
  if (!isObject(value)) return undefined;
  if (
    /^kustomization\.ya?ml$/.test(name) ||
    (has(value, 'resources') && Array.isArray(value.resources))
  ) {
    return { what: 'a kustomization', hint: 'build it first: kubectl kustomize FOLDER' };
  }
  if (
    /^chart\.ya?ml$/.test(name) ||
    (has(value, 'apiVersion', 'name', 'version') && !has(value, 'metadata'))
  ) {
    return {
      what: 'the description of a Helm chart',
      hint: 'render the chart first: helm template FOLDER',
    };
  }
  if (has(value, 'name', 'topology') && isObject(value.topology) && has(value.topology, 'nodes')) {
    return {
      what: 'a containerlab topology',
      hint: 'podnet reads Kubernetes manifests and its own Topology documents',
    };
  }
  if (
    isObject(value.services) &&
    !has(value, 'metadata') &&
    isComposeService(Object.values(value.services)[0])
  ) {
    return {
      what: 'a Docker Compose file',
      hint: 'convert it first, for example with kompose convert',
    };
  }
  if (has(value, 'jobs') && (has(value, 'on') || 'true' in value))
    return { what: 'a GitHub Actions workflow' };
  if (/^values.*\.ya?ml$/.test(name))
    return {
      what: 'a values file of a Helm chart',
      hint: 'render the chart first: helm template FOLDER',
    };
  if (has(value, 'swagger') || has(value, 'openapi')) return { what: 'an OpenAPI description' };
  return undefined;
}

function isComposeService(value: unknown): boolean {
  return isObject(value) && (has(value, 'image') || has(value, 'build') || has(value, 'ports'));
}
