/**
 * Resources from CustomResourceDefinitions.
 *
 * Fidelity: versions are not converted into one another, beyond their apiVersion: conversion webhooks are not called.
 */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf, stringsOf } from '../../kube/json.js';
import { parseStructural } from '../schema/structural.js';
import { CUSTOM_VERBS } from './built-in.js';
import type { PrinterColumn, ResourceInfo, ScalePaths, Subresource } from './resource-info.js';

/** The resources that a definition makes the API serve, its storage version first. */
export function customResources(definition: KubeObject): readonly ResourceInfo[] {
  const spec = asObject(definition.spec) ?? {};
  const names = asObject(spec.names) ?? {};
  const group = asString(spec.group);
  const plural = asString(names.plural);
  const kind = asString(names.kind);
  if (group === undefined || plural === undefined || kind === undefined) return [];
  const versions = objectsOf(spec.versions).filter((version) => version.served !== false);
  versions.sort((a, b) => Number(b.storage === true) - Number(a.storage === true));
  return versions.flatMap((version) => {
    const name = asString(version.name);
    if (name === undefined) return [];
    const subresources = asObject(version.subresources) ?? {};
    return [
      {
        group,
        version: name,
        plural,
        singular: asString(names.singular) ?? kind.toLowerCase(),
        kind,
        namespaced: spec.scope !== 'Cluster',
        shortNames: stringsOf(names.shortNames),
        categories: stringsOf(names.categories),
        verbs: CUSTOM_VERBS,
        subresources: (['status', 'scale'] satisfies Subresource[]).filter(
          (one) => one in subresources,
        ),
        storage: `${group}/${plural}`,
        effect: 'kept' as const,
        schema: undefined,
        custom: true,
        ...schemaOf(version),
        ...columnsOf(version),
        ...scaleOf(asObject(subresources.scale)),
      },
    ];
  });
}

function schemaOf(version: JsonObject): Pick<ResourceInfo, 'structural'> {
  const { openAPIV3Schema } = asObject(version.schema) ?? {};
  return openAPIV3Schema === undefined ? {} : { structural: parseStructural(openAPIV3Schema) };
}

function columnsOf(version: JsonObject): Pick<ResourceInfo, 'printerColumns'> {
  const columns = objectsOf(version.additionalPrinterColumns).map(
    (column): PrinterColumn => ({
      name: asString(column.name) ?? '',
      type: asString(column.type) ?? 'string',
      jsonPath: asString(column.jsonPath) ?? '',
      description: asString(column.description) ?? '',
      format: asString(column.format) ?? '',
      priority: typeof column.priority === 'number' ? column.priority : 0,
    }),
  );
  return columns.length === 0 ? {} : { printerColumns: columns };
}

function scaleOf(scale: JsonObject | undefined): { readonly scale?: ScalePaths } {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale ?? {};
  if (typeof specReplicasPath !== 'string' || typeof statusReplicasPath !== 'string') return {};
  const selector = typeof labelSelectorPath === 'string' ? { labelSelectorPath } : {};
  return { scale: { specReplicasPath, statusReplicasPath, ...selector } };
}
