import { stringify } from 'yaml';
import {
  type AppliedObject,
  applyManifest,
  editableOf,
  formatNote,
  type Manifests,
  type Problem,
  readManifests,
  resolveKind,
} from '../../api/manifest/index.js';
import type {
  AppliedLine,
  ApplyReport,
  ApplyRequest,
  GhostPod,
  LoadedObject,
  LoadedVersion,
  ObjectName,
  ProblemLine,
} from '../../contract/acting.js';
import type { KubeObject } from '../../contract/kube.js';
import { asString, isObject } from '../../kube/json.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import { fingerprint } from './fingerprint.js';
import { ghostPodsOf } from './ghost-pods.js';
import type { ObjectChange, UndoLog } from './undo-log.js';

/** Of how many objects a dry run tells the text before and after. */
const MOST_TEXTS = 100;
/** How many objects of a text may be deleted or told of. */
const MOST_LINES = 2000;
/** How many problems are told; the first ones matter. */
const MOST_PROBLEMS = 200;
/** A text of an object that is longer is not told, in characters. */
const LONGEST_TEXT = 60_000;

/** Applies a text, or tries it; what was loaded to be edited is refused when somebody changed it since. */
export function applyText(cluster: Cluster, undo: UndoLog, request: ApplyRequest): ApplyReport {
  const manifests = read(request.text, request.file);
  const edited = loadedVersions(request.edited);
  const conflicts = changedSince(cluster, manifests, edited);
  if (conflicts.length > 0) return { lines: [], problems: conflicts, objects: [] };
  const dryRun = request.dryRun === true;
  const report = applyManifest(cluster.api, manifests.objects, {
    namespace: asString(request.namespace) ?? 'default',
    dryRun,
    isEdited: (live) => edited.has(keyOf(live.kind, live.metadata)),
  });
  const changes = dryRun ? [] : report.objects.flatMap((object) => changeOf(cluster, object));
  const created = report.objects.flatMap(({ outcome, after }) =>
    outcome === 'created' && after !== undefined ? [after] : [],
  );
  const ghosts = ghostPodsOf(cluster, dryRun ? created.slice(0, MOST_TEXTS) : []);
  const id = undo.record(changes);
  return {
    lines: [
      ...report.objects
        .filter((object) => object.outcome !== 'refused')
        .map(({ title, outcome }) => `${title} ${outcome}`),
      ...[...manifests.notes, ...report.notes].map(formatNote),
    ].slice(0, MOST_LINES),
    problems: [...manifests.problems, ...report.problems].slice(0, MOST_PROBLEMS).map(problemLine),
    objects: report.objects
      .slice(0, MOST_LINES)
      .map((object, index) => appliedLine(object, dryRun && index < MOST_TEXTS, ghosts)),
    ...(id === undefined ? {} : { undo: id }),
  };
}

/** Deletes the objects that a text names, or tells which they would be. */
export function deleteText(cluster: Cluster, undo: UndoLog, request: ApplyRequest): ApplyReport {
  const manifests = read(request.text, request.file);
  const lines: string[] = [];
  const objects: AppliedLine[] = [];
  const changes: ObjectChange[] = [];
  for (const { apiVersion, kind, body, title, line } of manifests.objects.slice(0, MOST_LINES)) {
    const metadata = (body.metadata ?? {}) as {
      readonly name?: string;
      readonly namespace?: string;
    };
    const resolved = resolveKind(cluster.api.registry, apiVersion, kind);
    if (!resolved.ok || typeof metadata.name !== 'string') continue;
    const { info } = resolved;
    const { name } = metadata;
    const namespace = info.namespaced
      ? (asString(metadata.namespace) ?? asString(request.namespace) ?? 'default')
      : undefined;
    const target = { resource: info, namespace, name };
    const before = cluster.api.get(target);
    const deleted = cluster.api.delete({ ...target, options: { dryRun: request.dryRun === true } });
    lines.push(deleted.ok ? `${title} deleted` : `${title}: ${deleted.error.message}`);
    objects.push({
      title,
      kind: info.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      line,
      outcome: deleted.ok ? 'deleted' : 'refused',
    });
    if (deleted.ok && before.ok && request.dryRun !== true)
      changes.push({ info, namespace, name, before: before.value, after: undefined });
  }
  const id = undo.record(changes);
  return {
    lines,
    problems: manifests.problems.slice(0, MOST_PROBLEMS).map(problemLine),
    objects,
    ...(id === undefined ? {} : { undo: id }),
  };
}

/** An object as text to edit: without its status and what the server keeps about it. */
export function loadText(cluster: Cluster, wanted: ObjectName): Reply<LoadedObject> {
  const resolved = resolveKind(
    cluster.api.registry,
    String(wanted.apiVersion),
    String(wanted.kind),
  );
  if (!resolved.ok) return refuse(resolved.message);
  const found = cluster.api.get({
    resource: resolved.info,
    namespace: wanted.namespace,
    name: String(wanted.name),
  });
  if (!found.ok) return refuse(found.error.message ?? 'not found');
  const { apiVersion, kind, metadata } = found.value;
  return reply({
    text: yamlOf(found.value),
    loaded: {
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      version: fingerprint(found.value),
    },
  });
}

function read(text: unknown, file: unknown): Manifests {
  return readManifests([
    { file: typeof file === 'string' ? file : 'manifest', content: String(text) },
  ]);
}

function keyOf(kind: string, { namespace, name }: { namespace?: string; name?: string }): string {
  return `${kind}/${namespace ?? ''}/${name ?? ''}`;
}

function loadedVersions(loaded: unknown): ReadonlyMap<string, LoadedVersion> {
  const list = Array.isArray(loaded)
    ? (loaded.slice(0, MOST_LINES).filter(isObject) as unknown as LoadedVersion[])
    : [];
  return new Map(list.map((one) => [keyOf(one.kind, one), one]));
}

function changedSince(
  cluster: Cluster,
  { objects }: Manifests,
  edited: ReadonlyMap<string, LoadedVersion>,
): readonly ProblemLine[] {
  if (edited.size === 0) return [];
  return objects.flatMap(({ kind, body, file, title, line }): readonly ProblemLine[] => {
    const loaded = edited.get(keyOf(kind, body.metadata ?? {}));
    if (loaded === undefined) return [];
    const now = loadText(cluster, loaded);
    if (now.ok && now.value.loaded.version === loaded.version) return [];
    const message = now.ok
      ? `${title} was changed by somebody else since it was loaded`
      : `${title}, which was loaded, is gone: ${now.error}`;
    return [{ file, line, column: 1, message, hint: 'load it again, then make your change' }];
  });
}

function changeOf(cluster: Cluster, object: AppliedObject): readonly ObjectChange[] {
  const { before, after, outcome } = object;
  if (after === undefined || outcome === 'unchanged' || outcome === 'refused') return [];
  const info = cluster.api.registry.byKind(after.apiVersion, after.kind);
  if (info === undefined) return [];
  const { namespace, name } = after.metadata;
  return [{ info, namespace, name, before, after }];
}

function appliedLine(
  object: AppliedObject,
  withTexts: boolean,
  ghosts: ReadonlyMap<KubeObject, readonly GhostPod[]>,
): AppliedLine {
  const { title, namespace, line, outcome, before, after } = object;
  const [kind = '', name = ''] = title.split('/');
  const texts = withTexts && after !== undefined;
  const pods = (after && ghosts.get(after)) ?? [];
  return {
    title,
    kind: after?.kind ?? kind,
    name: after?.metadata.name ?? name,
    ...(namespace === undefined ? {} : { namespace }),
    line,
    outcome,
    ...(texts && before !== undefined ? { before: yamlOf(before) } : {}),
    ...(texts ? { after: yamlOf(after) } : {}),
    ...(pods.length === 0 ? {} : { pods }),
  };
}

function yamlOf(object: KubeObject): string {
  const text = stringify(editableOf(object), { lineWidth: 0, aliasDuplicateObjects: false });
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}\n# … cut off here`;
}

function problemLine(problem: Problem): ProblemLine {
  const where = [problem.object, problem.field]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  return {
    file: problem.file,
    line: problem.line,
    column: problem.column,
    message: where === '' ? problem.message : `${where}: ${problem.message}`,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  };
}
