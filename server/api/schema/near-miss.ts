/** Finds what a person probably meant. */

import { type FieldType, schemaType } from './schema.js';

/** How many single-letter edits (insert, delete, replace, swap of neighbours) turn one word into another. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The candidate nearest to a word, if one is near: same letters in other case, or few edits for its length. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.floor(word.length / 3) + (word.length > 2 ? 1 : 0)) + 1;
  for (const candidate of candidates) {
    const distance =
      lower === candidate.toLowerCase() ? 0 : editDistance(lower, candidate.toLowerCase());
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Where a walk through the schema stands: the object's type, and those of the objects around it. */
export interface TypeScope {
  readonly type: string;
  readonly path: string;
  readonly parent: TypeScope | undefined;
}

/** Mistakes that people make again and again. */
const MISTAKES: Readonly<Record<string, string>> = {
  'V1DaemonSetSpec.replicas': 'a DaemonSet runs exactly one pod on every node that it may use',
  'V1IngressBackend.serviceName':
    'in networking.k8s.io/v1 write service: {name: NAME, port: {number: PORT}}',
  'V1IngressBackend.servicePort':
    'in networking.k8s.io/v1 write service: {name: NAME, port: {number: PORT}}',
  'V1ServiceSpec.nodePort': 'nodePort belongs to one of the ports',
  'V1ServiceSpec.targetPort': 'targetPort belongs to one of the ports',
  'V1Container.volumes': 'volumes stand beside containers; a container has volumeMounts',
  'V1PodSpec.volumeMounts': 'volumeMounts stand in a container',
  'V1HorizontalPodAutoscalerSpec.metrics': 'metrics are in autoscaling/v2',
};

/**
 * A hint for a field that its object does not have: a field of nearly that name, or the level above or below where
 * a field of exactly that name belongs.
 */
export function hintForUnknownField(scope: TypeScope, field: string): string | undefined {
  const known = MISTAKES[`${scope.type}.${field}`];
  if (known !== undefined) return known;
  const fields = schemaType(scope.type) ?? new Map();
  const sameLetters = [...fields.keys()].find((name) => name.toLowerCase() === field.toLowerCase());
  if (sameLetters !== undefined) return `field names are case-sensitive: write "${sameLetters}"`;
  const hint =
    hintMetadata(scope, field) ??
    hintAbove(scope, field) ??
    hintBelow(scope, field) ??
    hintNear(fields.keys(), field);
  return hint ?? (scope.type === 'V1LabelSelector' ? 'labels stand under matchLabels' : undefined);
}

const METADATA_FIELDS = ['name', 'labels', 'annotations', 'namespace', 'generateName'];

function hintMetadata({ type, path }: TypeScope, field: string): string | undefined {
  if (!METADATA_FIELDS.includes(field) || !schemaType(type)?.has('metadata')) return undefined;
  return `"${field}" belongs under ${path === '' ? 'metadata' : `${path}.metadata`}`;
}

function hintNear(names: Iterable<string>, field: string): string | undefined {
  const near = nearest(field, names);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

function hintAbove(scope: TypeScope, field: string): string | undefined {
  for (let above = scope.parent; above !== undefined; above = above.parent) {
    if (!schemaType(above.type)?.has(field)) continue;
    const where = above.path === '' ? 'at the top level' : `under ${above.path}`;
    return `"${field}" belongs ${where}: indent it less`;
  }
  return undefined;
}

const DEPTH_BELOW = 3;
const NEVER_MEANT = new Set(['metadata', 'kind', 'apiVersion', 'status', 'managedFields']);

function hintBelow(scope: TypeScope, field: string): string | undefined {
  let level: { readonly type: string; readonly path: string }[] = [
    { type: scope.type, path: scope.path },
  ];
  for (let depth = 0; depth < DEPTH_BELOW; depth++) {
    const next: { type: string; path: string }[] = [];
    for (const { type, path } of level) {
      for (const [name, { type: child }] of schemaType(type) ?? []) {
        const target = objectIn(child);
        if (target === undefined || NEVER_MEANT.has(name)) continue;
        const below = `${path === '' ? name : `${path}.${name}`}${child.kind === 'array' ? '[]' : ''}`;
        if (schemaType(target)?.has(field)) return `"${field}" belongs under ${below}`;
        next.push({ type: target, path: below });
      }
    }
    level = next;
  }
  return undefined;
}

function objectIn(type: FieldType): string | undefined {
  if (type.kind === 'object') return type.name;
  return type.kind === 'array' ? objectIn(type.of) : undefined;
}
