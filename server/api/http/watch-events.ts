/** Events of watches as octets, made once for all who are told the same. */

import type { KubeObject, Status } from '../../contract/kube.js';
import { fromStorage } from '../conversion.js';
import { groupVersion, type ResourceInfo } from '../registry/resource-info.js';
import { type IncludeObject, renderTable } from '../table/table.js';
import type { AnswerForm } from './negotiate.js';

/** What happened, as a watch says it. */
export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** In which form a watch tells objects. */
export interface EventForm {
  readonly info: ResourceInfo;
  readonly form: AnswerForm;
  /** Of tables: what rows carry, and whether columns are named. */
  readonly include: IncludeObject;
  readonly withColumns: boolean;
  /** RFC 3339; ages in tables count to it. */
  readonly now: () => string;
}

/** How many events are kept as octets: what watches tell after one wait for the disk. */
const KEPT = 1024;

const kept = new WeakMap<KubeObject, Map<string, Buffer>>();
const order: (Map<string, Buffer> | undefined)[] = [];
let next = 0;

/**
 * An event as one line of JSON. Watchers of one change are told one after the other, so the octets of the newest events
 * are kept and shared.
 */
export function eventLine(type: EventType, object: KubeObject, form: EventForm): Buffer {
  const key = `${type} ${groupVersion(form.info)} ${form.info.plural} ${form.form} ${form.include} ${form.withColumns}`;
  const lines = kept.get(object) ?? keep(object);
  let line = lines.get(key);
  if (line === undefined) {
    line = lineOf(type, rendered(object, form));
    lines.set(key, line);
  }
  return line;
}

/** An event whose object is only said to one watcher: a bookmark, an error. */
export function lineOf(type: EventType, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

/** The last event of a watch that cannot go on. */
export function errorLine(status: Status): Buffer {
  return lineOf('ERROR', status);
}

function keep(object: KubeObject): Map<string, Buffer> {
  const lines = new Map<string, Buffer>();
  order[next]?.clear();
  order[next] = lines;
  next = (next + 1) % KEPT;
  kept.set(object, lines);
  return lines;
}

function rendered(
  object: KubeObject,
  { info, form, include, withColumns, now }: EventForm,
): unknown {
  if (form === 'table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return renderTable({ info, objects: [object], metadata, include, now: now(), withColumns });
  }
  if (form === 'metadata')
    return {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    };
  return fromStorage(info, object);
}
