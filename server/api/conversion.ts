/**
 * Turns stored objects into the version a client asked for, and back. Only HorizontalPodAutoscalers (autoscaling/v1,
 * v2) and Events (v1, events.k8s.io/v1) are served in two versions.
 */

import type { KubeObject } from '../contract/kube.js';
import { asObject, type JsonObject, objectsOf } from '../kube/json.js';
import { groupVersion, type ResourceInfo } from './registry/resource-info.js';

interface Conversion {
  readonly toStorage: (object: JsonObject) => JsonObject;
  readonly fromStorage: (object: JsonObject) => JsonObject;
}

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'autoscaling/v1/horizontalpodautoscalers': { toStorage: hpaToV2, fromStorage: hpaToV1 },
  'events.k8s.io/v1/events': { toStorage: eventToCore, fromStorage: eventFromCore },
};

/** Whether a resource shows objects as they are stored. */
export function isStorageForm(resource: ResourceInfo): boolean {
  return (
    !resource.custom && CONVERSIONS[`${groupVersion(resource)}/${resource.plural}`] === undefined
  );
}

/** The object as a resource's version shows it. */
export function fromStorage(resource: ResourceInfo, object: KubeObject): KubeObject {
  const conversion = CONVERSIONS[`${groupVersion(resource)}/${resource.plural}`];
  if (conversion !== undefined)
    return {
      ...object,
      ...conversion.fromStorage({ ...object }),
      apiVersion: groupVersion(resource),
    };
  if (!resource.custom || object.apiVersion === groupVersion(resource)) return object;
  return { ...object, apiVersion: groupVersion(resource) };
}

/** A draft in the version in which the store keeps it. */
export function toStorage(resource: ResourceInfo, draft: JsonObject): JsonObject {
  return CONVERSIONS[`${groupVersion(resource)}/${resource.plural}`]?.toStorage(draft) ?? draft;
}

function hpaToV2(object: JsonObject): JsonObject {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = asObject(object.spec) ?? {};
  const metrics = [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percentage } },
    },
  ];
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    spec: percentage === undefined ? spec : { ...spec, metrics },
  };
}

function hpaToV1(object: JsonObject): JsonObject {
  const { metrics, behavior: _, ...spec } = asObject(object.spec) ?? {};
  const cpu = objectsOf(metrics)
    .map((metric) => asObject(metric.resource))
    .find((resource) => resource?.name === 'cpu');
  const percentage = asObject(cpu?.target)?.averageUtilization;
  return {
    spec: percentage === undefined ? spec : { ...spec, targetCPUUtilizationPercentage: percentage },
  };
}

const EVENT_FIELDS: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(
  object: JsonObject,
  names: readonly (readonly [from: string, to: string])[],
): JsonObject {
  const result: JsonObject = { ...object };
  for (const [from, to] of names) {
    if (!(from in result)) continue;
    result[to] = result[from];
    delete result[from];
  }
  return result;
}

function eventToCore(object: JsonObject): JsonObject {
  return {
    ...rename(
      object,
      EVENT_FIELDS.map(([core, events]) => [events, core]),
    ),
    apiVersion: 'v1',
  };
}

function eventFromCore(object: JsonObject): JsonObject {
  const renamed = rename(object, EVENT_FIELDS);
  for (const [core] of EVENT_FIELDS) renamed[core] = undefined;
  return renamed;
}
