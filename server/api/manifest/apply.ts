/** Applies manifests to an API server as `kubectl apply` does, and tells what became of each object. */

import type { KubeObject, Status } from '../../contract/kube.js';
import { asObject, asString, deepEqual, type JsonObject } from '../../kube/json.js';
import type { Effect, ResourceInfo } from '../registry/resource-info.js';
import type { ApiFailure, ApiResult } from '../request.js';
import { type DecodeProblem, decodeAs, decodeCustom } from '../schema/decode.js';
import type { ApiServer } from '../server.js';
import { resolveKind } from './kinds.js';
import { editableOf, lastApplied, SERVER_FIELDS, withLastApplied } from './last-applied.js';
import type { Note, Problem, ProblemReason } from './problem.js';
import type { ManifestObject } from './read.js';
import { threeWayPatch } from './three-way.js';

/** How to apply. */
export interface ApplyManifestOptions {
  /** For objects that name none; `default` when absent. */
  readonly namespace?: string;
  /** Stop at the first problem, with what was applied so far left in place. */
  readonly strict?: boolean;
  readonly dryRun?: boolean;
  /** `Warn` stores objects with unknown fields and notes them; `Strict`, the default, refuses them as kubectl does. */
  readonly fieldValidation?: 'Strict' | 'Warn';
  /**
   * Whether an object is the edited text of the one that is there, as with `kubectl edit`: what the text lacks is removed,
   * whoever wrote it.
   */
  readonly isEdited?: (live: KubeObject) => boolean;
}

/** What became of an object. */
export type ApplyOutcome = 'created' | 'configured' | 'unchanged' | 'refused';

/** One object and what became of it. */
export interface AppliedObject {
  /** `Deployment/web`. */
  readonly title: string;
  readonly namespace: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly outcome: ApplyOutcome;
  /** Whether podnet acts on its kind; absent for what was refused before its kind was known. */
  readonly effect?: Effect;
  /** The object as it was, absent when it was not there. */
  readonly before?: KubeObject;
  /** The object as it is now, or would be; absent when it was refused. */
  readonly after?: KubeObject;
}

/** What became of all. */
export interface ApplyReport {
  readonly objects: readonly AppliedObject[];
  readonly counts: Readonly<Record<ApplyOutcome, number>>;
  /** How many objects were refused, by the reason of their first problem. */
  readonly refusedByReason: Readonly<Partial<Record<ProblemReason, number>>>;
  /** Kinds that were stored and have no effect, with how many. */
  readonly keptWithoutEffect: ReadonlyMap<string, number>;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  /** True when `strict` stopped the rest. */
  readonly stopped: boolean;
}

const FIRST_KINDS = ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass'];

/** Applies objects: namespaces and definitions first, then in order of the files. */
export function applyManifest(
  api: ApiServer,
  objects: readonly ManifestObject[],
  options: ApplyManifestOptions = {},
): ApplyReport {
  const run = new ApplyRun(api, objects, options);
  for (const object of inOrder(objects)) {
    if (!run.apply(object)) break;
  }
  return run.report();
}

function inOrder(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  const rank = ({ kind }: ManifestObject) => {
    const index = FIRST_KINDS.indexOf(kind);
    return index < 0 ? FIRST_KINDS.length : index;
  };
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

class ApplyRun {
  readonly #api: ApiServer;
  readonly #objects: readonly ManifestObject[];
  readonly #options: ApplyManifestOptions;
  readonly #applied: AppliedObject[] = [];
  readonly #problems: Problem[] = [];
  readonly #notes: Note[] = [];
  readonly #kept = new Map<string, number>();
  readonly #seen = new Map<string, ManifestObject>();
  readonly #refusals: Partial<Record<ProblemReason, number>> = {};
  #stopped = false;

  constructor(api: ApiServer, objects: readonly ManifestObject[], options: ApplyManifestOptions) {
    this.#api = api;
    this.#objects = objects;
    this.#options = options;
  }

  /** Applies one object; false when nothing more is to be applied. */
  apply(object: ManifestObject): boolean {
    const problems = this.#applyOne(object);
    if (problems.length === 0) return true;
    this.#problems.push(...problems);
    const [first] = problems;
    if (first !== undefined) this.#refusals[first.reason] = (this.#refusals[first.reason] ?? 0) + 1;
    if (this.#options.strict === true) this.#stopped = true;
    return !this.#stopped;
  }

  report(): ApplyReport {
    const counts = { created: 0, configured: 0, unchanged: 0, refused: 0 };
    for (const { outcome } of this.#applied) counts[outcome] += 1;
    return {
      objects: this.#applied,
      counts,
      refusedByReason: this.#refusals,
      keptWithoutEffect: this.#kept,
      problems: this.#problems,
      notes: this.#notes,
      stopped: this.#stopped,
    };
  }

  #applyOne(object: ManifestObject): readonly Problem[] {
    const resolved = resolveKind(this.#api.registry, object.apiVersion, object.kind);
    if (!resolved.ok) {
      this.#record(object, undefined, undefined, 'refused');
      const { field, message, hint } = resolved;
      return [
        {
          ...placed(object, field, 'value'),
          reason: 'unknown-kind',
          field,
          message,
          ...(hint === undefined ? {} : { hint }),
        },
      ];
    }
    const { info } = resolved;
    const wrong = this.#check(info, object);
    const namespace = info.namespaced
      ? (asString(asObject(object.body.metadata)?.namespace) ??
        this.#options.namespace ??
        'default')
      : undefined;
    if (wrong.length > 0) {
      this.#record(object, info, namespace, 'refused');
      return wrong;
    }
    const { result, outcome, before } = this.#write(info, object, namespace);
    if (!result.ok) {
      if (this.#options.dryRun === true && this.#makesNamespace(result, namespace)) {
        this.#record(object, info, namespace, 'created');
        this.#note(object, `not tried: namespace ${namespace} comes with the same text`);
        return [];
      }
      this.#record(object, info, namespace, 'refused');
      return this.#explain(object, result, namespace);
    }
    for (const warning of result.warnings) this.#note(object, warning);
    this.#record(object, info, namespace, outcome, {
      ...(before === undefined ? {} : { before }),
      after: result.value,
    });
    this.#noteRepeated(object, info, namespace, outcome);
    return [];
  }

  #check(info: ResourceInfo, object: ManifestObject): readonly Problem[] {
    const { problems } =
      info.schema === undefined
        ? decodeCustom(object.body, info.structural)
        : decodeAs(info.schema, object.body);
    const found = problems.map((problem) => decodeProblem(object, problem));
    if (this.#options.fieldValidation !== 'Warn') return found;
    for (const { reason, field } of found) {
      if (reason === 'unknown-field') this.#note(object, `unknown field "${field}", left out`);
    }
    return found.filter((problem) => problem.reason !== 'unknown-field');
  }

  #write(
    info: ResourceInfo,
    object: ManifestObject,
    namespace: string | undefined,
  ): {
    readonly result: ApiResult;
    readonly outcome: ApplyOutcome;
    readonly before?: KubeObject;
  } {
    const options = {
      dryRun: this.#options.dryRun,
      fieldManager: 'kubectl-client-side-apply',
      fieldValidation: 'Ignore' as const,
    };
    const name = asString(asObject(object.body.metadata)?.name);
    const written = this.#withoutServerFields(object);
    const live =
      name === undefined ? undefined : this.#api.get({ resource: info, namespace, name });
    const isEdited = live?.ok === true && this.#options.isEdited?.(live.value) === true;
    const body = isEdited ? written : withLastApplied(object, written, namespace);
    if (name === undefined || live === undefined || !live.ok) {
      return {
        result: this.#api.create({ resource: info, namespace, body, options }),
        outcome: 'created',
      };
    }
    const last = isEdited ? editableOf(live.value) : lastApplied(live.value);
    const patch = threeWayPatch(info.schema, last, body);
    delete patch.status;
    const type = info.schema === undefined ? 'merge' : 'strategic';
    const result = this.#api.patch({ resource: info, namespace, name, type, body: patch, options });
    const same = result.ok && this.#isSame(live.value, result.value);
    return { result, outcome: same ? 'unchanged' : 'configured', before: live.value };
  }

  /** A dry run leaves the resourceVersion as it is, so there the contents say whether something would change. */
  #isSame(before: KubeObject, after: KubeObject): boolean {
    if (this.#options.dryRun === true) return deepEqual(editableOf(before), editableOf(after));
    return before.metadata.resourceVersion === after.metadata.resourceVersion;
  }

  /** Whether a refusal is for want of a namespace that another object of the same text makes. */
  #makesNamespace({ error }: ApiFailure, namespace: string | undefined): boolean {
    if (error.code !== 404 || error.details?.kind !== 'namespaces') return false;
    return this.#applied.some(
      ({ title, outcome }) => title === `Namespace/${namespace}` && outcome === 'created',
    );
  }

  /** Objects that were read from a cluster carry what that cluster set; here it would mean something else. */
  #withoutServerFields(object: ManifestObject): JsonObject {
    const metadata = asObject(object.body.metadata) ?? {};
    const set = SERVER_FIELDS.filter(
      (field) => metadata[field] !== undefined && metadata[field] !== null,
    );
    const own = Object.fromEntries(
      Object.entries(metadata).filter(([field]) => !SERVER_FIELDS.includes(field)),
    );
    if (metadata.uid !== undefined && metadata.ownerReferences !== undefined) {
      delete own.ownerReferences;
      set.push('ownerReferences');
    }
    if (set.length > 0)
      this.#note(object, `left out what the cluster it came from had set: ${set.join(', ')}`);
    return { ...object.body, metadata: own };
  }

  #record(
    { title, file, line, kind }: ManifestObject,
    info: ResourceInfo | undefined,
    namespace: string | undefined,
    outcome: ApplyOutcome,
    states: Pick<AppliedObject, 'before' | 'after'> = {},
  ): void {
    this.#applied.push({
      ...states,
      title,
      namespace,
      file,
      line,
      outcome,
      ...(info === undefined ? {} : { effect: info.effect }),
    });
    if (info?.effect === 'kept' && outcome !== 'refused')
      this.#kept.set(kind, (this.#kept.get(kind) ?? 0) + 1);
  }

  #note({ file, line, title }: ManifestObject, message: string): void {
    this.#notes.push({ file, line, object: title, message });
  }

  #noteRepeated(
    object: ManifestObject,
    info: ResourceInfo,
    namespace: string | undefined,
    outcome: ApplyOutcome,
  ): void {
    const key = `${info.storage}/${namespace ?? ''}/${object.title}`;
    const first = this.#seen.get(key);
    if (first === undefined) {
      this.#seen.set(key, object);
      return;
    }
    const where =
      first.file === object.file ? `in line ${first.line}` : `in ${first.file}:${first.line}`;
    const what =
      outcome === 'unchanged'
        ? 'is there again without a change'
        : `configured again by ${object.file}`;
    this.#note(object, `${what} (was defined ${where})`);
  }

  #explain(
    object: ManifestObject,
    { error, hints }: ApiFailure,
    namespace: string | undefined,
  ): readonly Problem[] {
    const hintFor = (field: string | undefined) => hints.find((hint) => hint.field === field)?.text;
    const causes = error.code === 422 ? (error.details?.causes ?? []) : [];
    if (causes.length > 0) {
      return causes.map(({ field = '', message = '' }) => {
        const hint = hintFor(field) ?? placeholderHint(message);
        return {
          ...placed(object, field, 'value'),
          reason: 'invalid' as const,
          field,
          message,
          ...(hint === undefined ? {} : { hint }),
        };
      });
    }
    if (error.code === 404 && error.details?.kind === 'namespaces') {
      return [this.#missingNamespace(object, error, namespace ?? 'default')];
    }
    const reason: ProblemReason = error.code === 409 ? 'conflict' : 'refused';
    const hint = hints.map((one) => one.text).join('; ');
    return [
      {
        ...placed(object, 'metadata.name', 'value'),
        reason,
        message: error.message ?? 'refused',
        ...(hint === '' ? {} : { hint }),
      },
    ];
  }

  #missingNamespace(object: ManifestObject, error: Status, namespace: string): Problem {
    const maker = this.#objects.find(
      ({ kind, body }) => kind === 'Namespace' && asObject(body.metadata)?.name === namespace,
    );
    const hint =
      maker === undefined
        ? `no file creates it; create it first: kubectl create namespace ${namespace}`
        : `${maker.file}:${maker.line} would create it, but was refused`;
    return {
      ...placed(object, 'metadata.namespace', 'value'),
      reason: 'missing-namespace',
      field: 'metadata.namespace',
      value: namespace,
      message: error.message ?? '',
      hint,
    };
  }
}

function placed(
  { file, title, locate }: ManifestObject,
  field: string,
  part: 'key' | 'value',
): Pick<Problem, 'file' | 'line' | 'column' | 'object'> {
  const { line, column } = part === 'key' ? locate.keyAt(field) : locate.valueAt(field);
  return { file, line, column, object: title };
}

/** `{{ x }}` in a text, or read as a mapping whose key is a mapping. */
const TEMPLATE = /\{\{|\{"\{/;

function decodeProblem(object: ManifestObject, problem: DecodeProblem): Problem {
  const template = TEMPLATE.test(JSON.stringify(problem.value) ?? '');
  const hint = template ? 'this is a template: render it first' : problem.hint;
  return {
    ...placed(object, problem.path, problem.kind === 'unknown' ? 'key' : 'value'),
    reason: problem.kind === 'unknown' ? 'unknown-field' : 'wrong-type',
    field: problem.path,
    value: problem.value,
    message: messageOf(object, problem),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Shows a truth value as its author wrote it: `y`, `on`. */
function messageOf(object: ManifestObject, { message, path, value }: DecodeProblem): string {
  const source = typeof value === 'boolean' ? object.locate.sourceAt(path) : undefined;
  if (source === undefined || source === String(value)) return message;
  return message.replace(
    /not (true|false)$/,
    `not ${source}, which YAML reads as ${String(value)}`,
  );
}

function placeholderHint(message: string): string | undefined {
  const placeholder = /^Invalid value: "(<[^"]*>|\$\{[^"]*\}|\{\{[^"]*\}\}|\$\([^"]*\))"/.exec(
    message,
  )?.[1];
  return placeholder === undefined
    ? undefined
    : `${placeholder} is a placeholder: put a real value in its place`;
}
