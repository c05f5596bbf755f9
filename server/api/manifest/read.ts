/** Reads manifests: texts in, objects with their places out, and what could not be read. */

import { isObject, type JsonObject, ownField } from '../../kube/json.js';
import type { Locator } from './locate.js';
import type { Note, Problem } from './problem.js';
import { type Shape, shapeOfFields, shapeOfKind } from './shape.js';
import { locatorFor, readYaml, type YamlDocument } from './yaml-reader.js';

/** One file, or standard input. */
export interface ManifestSource {
  /** As messages name it. */
  readonly file: string;
  readonly content: string | Uint8Array;
}

/** An object of a manifest, not yet checked against its kind. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly body: JsonObject;
  readonly file: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** `Deployment/web`. */
  readonly title: string;
  readonly locate: Locator;
}

/** Everything that some sources hold. */
export interface Manifests {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/** Beyond this a file is taken for something else. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads sources in order. Never throws; each source gives objects, problems or notes. */
export function readManifests(sources: readonly ManifestSource[]): Manifests {
  const objects: ManifestObject[] = [];
  const problems: Problem[] = [];
  const notes: Note[] = [];
  for (const source of sources) {
    const text = textOf(source);
    if ('message' in text) {
      notes.push({ file: source.file, line: 1, message: text.message });
      continue;
    }
    const contents = readYaml(source.file, text.text);
    problems.push(...contents.problems);
    const before = objects.length + problems.length - contents.problems.length;
    for (const document of contents.documents)
      collect({ file: source.file, document, objects, problems });
    if (objects.length + problems.length === before) {
      notes.push({ file: source.file, line: 1, message: 'holds no objects' });
    }
  }
  return { objects, problems, notes };
}

function textOf({ file, content }: ManifestSource): { text: string } | { message: string } {
  if (/\.sw[a-p]$|~$/.test(file)) return { message: 'skipped: left behind by an editor' };
  const bytes = typeof content === 'string' ? undefined : content;
  if (content.length > MAX_BYTES)
    return { message: `skipped: larger than ${MAX_BYTES / 1024 / 1024} MiB` };
  if (bytes?.subarray(0, 8192).includes(0)) return { message: 'skipped: a binary file' };
  if (bytes === undefined) return { text: withoutMark(String(content)) };
  try {
    return { text: withoutMark(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { message: 'skipped: not a UTF-8 text' };
  }
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

interface Collecting {
  readonly file: string;
  readonly document: YamlDocument;
  readonly objects: ManifestObject[];
  readonly problems: Problem[];
}

function collect(context: Collecting): void {
  const { file, document, objects, problems } = context;
  const { value, position } = document;
  if (!isObject(value)) {
    if (value === null || value === undefined) return;
    const what = Array.isArray(value) ? 'a list' : 'a plain text';
    const hint = hasTemplate(value)
      ? 'this is a template: render it first'
      : 'an object is a mapping with apiVersion and kind';
    problems.push({
      reason: 'not-a-manifest',
      file,
      ...position,
      message: `the document is ${what}, not an object`,
      hint,
    });
    return;
  }
  collectObject(context, value, []);
  if (objects.length > 100_000)
    problems.push({ reason: 'refused', file, ...position, message: 'too many objects' });
}

function collectObject(
  context: Collecting,
  body: JsonObject,
  steps: readonly (string | number)[],
): void {
  const { file, document, objects, problems } = context;
  const locate = locatorFor(document, steps);
  const { kind, apiVersion } = body;
  if (
    typeof kind !== 'string' ||
    kind === '' ||
    typeof apiVersion !== 'string' ||
    apiVersion === ''
  ) {
    problems.push(missingKind(file, body, locate));
    return;
  }
  const shape = shapeOfKind(apiVersion, kind);
  if (shape !== undefined) {
    problems.push(shapeProblem(file, shape, locate));
    return;
  }
  if (kind.endsWith('List') && Array.isArray(body.items)) {
    const itemKind = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    body.items.forEach((item, index) => {
      if (isObject(item))
        collectObject(context, { ...itemKind, ...item }, [...steps, 'items', index]);
      else if (item !== null)
        problems.push(missingKind(file, {}, locatorFor(document, [...steps, 'items', index])));
    });
    return;
  }
  const { line } = locate.valueAt('');
  objects.push({ apiVersion, kind, body, file, line, title: titleOf(kind, body), locate });
}

function titleOf(kind: string, body: JsonObject): string {
  const metadata = isObject(body.metadata) ? body.metadata : {};
  const name = metadata.name ?? metadata.generateName;
  return typeof name === 'string' && name !== '' ? `${kind}/${name}` : kind;
}

function shapeProblem(file: string, { what, hint }: Shape, locate: Locator): Problem {
  return {
    reason: 'not-a-manifest',
    file,
    ...locate.valueAt(''),
    message: `this is ${what}, not a Kubernetes object`,
    ...(hint === undefined ? {} : { hint }),
  };
}

function missingKind(file: string, body: JsonObject, locate: Locator): Problem {
  const shape = shapeOfFields(file, body);
  if (shape !== undefined) return shapeProblem(file, shape, locate);
  const missing = (['apiVersion', 'kind'] as const).filter(
    (field) => typeof body[field] !== 'string' || body[field] === '',
  );
  const keys = Object.keys(body);
  const misspelt = missing.flatMap((field) => {
    const near = keys.find((key) => key !== field && key.toLowerCase() === field.toLowerCase());
    return near === undefined ? [] : [`write "${field}", not "${near}"`];
  });
  const template = hasTemplate(body);
  const hint = template
    ? 'this is a template: render it first'
    : misspelt.length > 0
      ? misspelt.join('; ')
      : fragmentHint(body, missing);
  const [field] = missing;
  return {
    reason: template ? 'template' : 'no-kind',
    file,
    ...locate.valueAt(''),
    ...(field === undefined ? {} : { field }),
    message: `must set ${missing.join(' and ')}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

function fragmentHint(body: JsonObject, missing: readonly string[]): string | undefined {
  if (typeof body.kind === 'string' && missing.includes('apiVersion'))
    return `for example apiVersion: ${ownField(GUESSES, body.kind) ?? 'v1'}`;
  const keys = Object.keys(body);
  if (
    keys.some((key) =>
      ['strategy', 'template', 'containers', 'replicas', 'spec', 'ports'].includes(key),
    )
  ) {
    return 'this looks like a part of an object: put it into one that has apiVersion, kind and metadata';
  }
  if (keys.some((key) => ['Type', 'Metadata', 'Specification', 'Spec'].includes(key))) {
    return 'field names are case-sensitive: kind, apiVersion, metadata, spec';
  }
  return undefined;
}

const GUESSES: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  Ingress: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};

function hasTemplate(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{');
  if (Array.isArray(value)) return value.some(hasTemplate);
  return (
    isObject(value) &&
    Object.entries(value).some(([key, entry]) => key.startsWith('{') || hasTemplate(entry))
  );
}
