/** What columns are made of. */

import type { KubeObject, Labels, PodSpec } from '../../contract/kube.js';
import { asObject, type JsonObject } from '../../kube/json.js';
import { selectorText } from '../../kube/label-selector.js';
import { ageOf } from './duration.js';

/** What a cell shows. */
export type Cell = string | number | boolean | null;

/** One column. */
export interface Column {
  readonly name: string;
  readonly wide?: true;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly cell: (object: KubeObject, now: string) => Cell;
}

/** What kubectl shows where there is nothing. */
export const NONE = '<none>';

/** A column that always shows. */
export const column = (name: string, cell: Column['cell']): Column => ({ name, cell });
/** A column that shows with `-o wide`. */
export const wide = (name: string, cell: Column['cell']): Column => ({ name, cell, wide: true });
/** An object's spec, or an empty one. */
export const spec = (object: KubeObject): JsonObject => asObject(object.spec) ?? {};
/** An object's status, or an empty one. */
export const status = (object: KubeObject): JsonObject => asObject(object.status) ?? {};
/** A value as text; `<none>` when there is none. */
export const text = (value: unknown, absent = NONE): string =>
  value === undefined || value === null || value === '' ? absent : String(value);
/** A number; 0 when there is none. */
export const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
/** Texts joined by commas; `<none>` when there are none. */
export const listed = (values: readonly string[]): string =>
  values.length === 0 ? NONE : values.join(',');

/** The object's name. */
export const NAME = column('Name', (object) => object.metadata.name);
/** How old the object is. */
export const AGE = column('Age', (object, now) => ageOf(object.metadata.creationTimestamp, now));

/** Labels as `a=1,b=2`. */
export function labelsText(labels: Labels | undefined): string {
  return listed(
    Object.entries(labels ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`),
  );
}

/** The pod spec of a workload's template. */
export function templateSpec(object: KubeObject): PodSpec | undefined {
  return asObject(spec(object).template)?.spec as PodSpec | undefined;
}

/** Names and images of the containers of a pod spec. */
export const containerColumns = (of: (object: KubeObject) => PodSpec | undefined): Column[] => [
  wide('Containers', (object) => (of(object)?.containers ?? []).map((one) => one.name).join(',')),
  wide('Images', (object) =>
    (of(object)?.containers ?? []).map((one) => one.image ?? '').join(','),
  ),
];
/** What a workload or Service selects. */
export const SELECTOR = wide('Selector', (object) => text(selectorText(spec(object).selector)));
