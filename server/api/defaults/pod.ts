/** Defaults of pods and pod templates (kubernetes `pkg/apis/core/v1/defaults.go`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, cloneJson, isObject, type JsonObject, objectsOf } from '../../kube/json.js';

const TERMINATION_LOG = '/dev/termination-log';
const FILE_MODE = 0o644;

/**
 * Frozen lists that were defaulted before, and what came of it: pods made from one template share its containers, and
 * go on sharing them.
 */
const defaultedLists = new WeakMap<object, readonly unknown[]>();

/** Fills in a list of a pod spec; one that is frozen is replaced, and always by the same. */
function defaultList(spec: JsonObject, field: string, fill: (entry: JsonObject) => void): void {
  const list = spec[field];
  if (!Array.isArray(list)) return;
  const known = defaultedLists.get(list);
  if (known !== undefined) {
    spec[field] = known;
    return;
  }
  const own: unknown[] = Object.isFrozen(list) ? cloneJson(list) : list;
  for (const entry of objectsOf(own)) fill(entry);
  defaultedLists.set(list, own);
  defaultedLists.set(own, own);
  spec[field] = own;
}

/** Fills in a Pod. */
export function setPodDefaults(draft: JsonObject): void {
  const spec = ownObject(draft, 'spec');
  if (spec === undefined) return;
  spec.enableServiceLinks ??= true;
  setPodSpecDefaults(spec);
}

/** A pod spec inside a template: `template.spec` of a workload. */
export function setTemplateDefaults(spec: JsonObject, field = 'template'): void {
  const template = ownObject(spec, field);
  if (template === undefined) return;
  const podSpec = ownObject(template, 'spec');
  if (podSpec !== undefined) setPodSpecDefaults(podSpec);
}

/** The mapping in a field as one that can be written to: a shallow copy if it is frozen. */
export function ownObject(parent: JsonObject, field: string): JsonObject | undefined {
  const value = asObject(parent[field]);
  if (value === undefined || !Object.isFrozen(value)) return value;
  const copy = { ...value };
  parent[field] = copy;
  return copy;
}

function setPodSpecDefaults(spec: JsonObject): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  if (spec.serviceAccountName !== undefined) spec.serviceAccount ??= spec.serviceAccountName;
  if (spec.serviceAccount !== undefined) spec.serviceAccountName ??= spec.serviceAccount;
  const fill = spec.hostNetwork === true ? setHostNetworkContainerDefaults : setContainerDefaults;
  defaultList(spec, 'containers', fill);
  defaultList(spec, 'initContainers', fill);
  defaultList(spec, 'ephemeralContainers', setContainerDefaults);
  defaultList(spec, 'volumes', setVolumeDefaults);
}

function setHostNetworkContainerDefaults(container: JsonObject): void {
  setContainerDefaults(container);
  for (const port of objectsOf(container.ports)) port.hostPort ??= port.containerPort;
}

/** `Always` for `latest` or no tag, else `IfNotPresent`. */
export function pullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** What a container has when its manifest does not say. */
export function setContainerDefaults(container: JsonObject): void {
  container.imagePullPolicy ??= pullPolicyFor(
    typeof container.image === 'string' ? container.image : '',
  );
  container.terminationMessagePath ??= TERMINATION_LOG;
  container.terminationMessagePolicy ??= 'File';
  container.resources ??= {};
  setRequestDefaults(container.resources);
  for (const port of objectsOf(container.ports)) port.protocol ??= 'TCP';
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    setProbeDefaults(asObject(container[probe]));
  const lifecycle = asObject(container.lifecycle);
  for (const hook of ['postStart', 'preStop']) setHandlerDefaults(asObject(lifecycle?.[hook]));
  for (const variable of objectsOf(container.env)) setEnvDefaults(asObject(variable.valueFrom));
}

/** A limit without a request is a request too. */
function setRequestDefaults(resources: unknown): void {
  if (!isObject(resources) || !isObject(resources.limits)) return;
  resources.requests = { ...resources.limits, ...asObject(resources.requests) };
}

function setProbeDefaults(probe: JsonObject | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  setHandlerDefaults(probe);
}

function setHandlerDefaults(handler: JsonObject | undefined): void {
  const httpGet = asObject(handler?.httpGet);
  if (httpGet !== undefined) {
    httpGet.path ??= '/';
    httpGet.scheme ??= 'HTTP';
  }
  const grpc = asObject(handler?.grpc);
  if (grpc !== undefined) grpc.service ??= '';
}

function setEnvDefaults(source: JsonObject | undefined): void {
  const fieldRef = asObject(source?.fieldRef);
  if (fieldRef !== undefined) fieldRef.apiVersion ??= 'v1';
  const resourceRef = asObject(source?.resourceFieldRef);
  if (resourceRef !== undefined) resourceRef.divisor ??= '0';
}

function setVolumeDefaults(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const value = asObject(volume[source]);
    if (value !== undefined) value.defaultMode ??= FILE_MODE;
  }
  const hostPath = asObject(volume.hostPath);
  if (hostPath !== undefined) hostPath.type ??= '';
}

/** What a new pod's status says before anything happened to it. */
export function preparePod(draft: JsonObject): void {
  draft.status = { phase: 'Pending', qosClass: qosClassOf(draft as unknown as KubeObject) };
}

const COUNTED = ['cpu', 'memory'];

/** Guaranteed, Burstable or BestEffort (kubernetes `pkg/apis/core/helper/qos`). */
export function qosClassOf({ spec }: KubeObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const pod = asObject(spec);
  const resources = [...objectsOf(pod?.containers), ...objectsOf(pod?.initContainers)].map((one) =>
    asObject(one.resources),
  );
  const amounts = (one: JsonObject | undefined, kind: string): JsonObject =>
    asObject(one?.[kind]) ?? {};
  const any = resources.some((one) =>
    COUNTED.some((name) => name in amounts(one, 'limits') || name in amounts(one, 'requests')),
  );
  if (!any) return 'BestEffort';
  const all = resources.every((one) =>
    COUNTED.every((name) => {
      const limit = amounts(one, 'limits')[name];
      return limit !== undefined && (amounts(one, 'requests')[name] ?? limit) === limit;
    }),
  );
  return all ? 'Guaranteed' : 'Burstable';
}
