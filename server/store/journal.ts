import type { RootDatabase } from 'lmdb';
import type { KubeObject } from '../contract/kube.js';
import type { ChangeHistory, LoggedChange } from './change-ring.js';
import type { DiskKeys } from './disk-keys.js';
import type { Change } from './store.js';

/** A file that holds text under keys. */
export type DiskFile = RootDatabase<string, string>;

/** What a journal writes to. */
export interface JournalOptions {
  readonly file: DiskFile;
  readonly keys: DiskKeys;
  /** The revision that the file has. */
  readonly revision: number;
  /** How many changes the log keeps. */
  readonly keepChanges: number;
}

interface Waiter {
  readonly revision: number;
  resolve(): void;
  reject(reason: unknown): void;
}

/**
 * Commits on their way to disk, in groups: the last state of each object, the log of all changes and the revision
 * in one transaction. The log holds of each change what it replaced, so a new object costs it a line; its oldest
 * entries go in the transaction that brings as many new ones.
 */
export class Journal implements ChangeHistory {
  private readonly options: JournalOptions;
  private pending: Change[] = [];
  private flushed: number;
  /** The revision before the oldest that the log has. */
  private floor: number;
  private waiters: Waiter[] = [];
  private writing: Promise<void> | undefined;
  private failure: unknown;

  constructor(options: JournalOptions) {
    const { file, keys, revision } = options;
    this.options = options;
    this.flushed = revision;
    this.floor = revision;
    for (const key of file.getKeys({ ...keys.log, limit: 1 }))
      this.floor = keys.revisionOf(key) - 1;
  }

  append(change: Change): void {
    this.pending.push(change);
    this.writing ??= this.write();
  }

  durable(revision: number): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (revision <= this.flushed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiters.push({ revision, resolve, reject });
    });
  }

  read(after: number, upTo: number): readonly LoggedChange[] | undefined {
    const { file, keys } = this.options;
    const range = { start: keys.change(upTo), end: keys.change(after), reverse: true };
    const changes: LoggedChange[] = [];
    for (const { key, value } of file.getRange(range)) {
      const [type, resource, namespace, name, previous] = JSON.parse(value) as LoggedFields;
      const revision = keys.revisionOf(key);
      changes.push({
        type,
        resource,
        namespace: namespace ?? undefined,
        name,
        previous: previous ?? undefined,
        revision,
      });
    }
    return changes.length === upTo - after ? changes : undefined;
  }

  /** Resolves when everything is on disk; the file stays open. */
  async close(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    if (this.failure !== undefined) throw this.failure;
  }

  private async write(): Promise<void> {
    try {
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.pending.length > 0) await this.writeGroup();
    } catch (failure) {
      // What memory holds and the disk does not can no longer be promised; every later wait says so.
      this.failure = failure;
      for (const waiter of this.waiters.splice(0)) waiter.reject(failure);
    } finally {
      this.writing = undefined;
    }
  }

  private async writeGroup(): Promise<void> {
    const { file, keys, keepChanges } = this.options;
    const group = this.pending;
    this.pending = [];
    const revision = group.at(-1)?.revision ?? this.flushed;
    const last = new Map<string, KubeObject | undefined>();
    // Text is made first: lmdb does not undo what a callback wrote before it threw. `batch` is one transaction;
    // `transaction`, whose callback runs in the middle of one, never came back here with lmdb 3.5.6 on Node 20.
    const puts: (readonly [string, string | undefined])[] = [];
    for (const change of group) {
      last.set(keys.object(change), change.type === 'DELETED' ? undefined : change.object);
      if (change.revision > revision - keepChanges)
        puts.push([keys.change(change.revision), logged(change)]);
    }
    for (const [key, object] of last) puts.push([key, object && JSON.stringify(object)]);
    const floor = Math.max(this.floor, revision - keepChanges);
    await file.batch(() => {
      for (let old = this.floor + 1; old <= Math.min(floor, this.flushed); old++)
        void file.remove(keys.change(old));
      for (const [key, text] of puts) {
        if (text === undefined) void file.remove(key);
        else void file.put(key, text);
      }
      void file.put(keys.revision, String(revision));
    });
    await file.flushed;
    this.floor = floor;
    this.flushed = revision;
    const still: Waiter[] = [];
    for (const waiter of this.waiters) {
      if (waiter.revision <= revision) waiter.resolve();
      else still.push(waiter);
    }
    this.waiters = still;
  }
}

type LoggedFields = readonly [
  Change['type'],
  string,
  string | null,
  string,
  KubeObject | null | undefined,
];

function logged({ type, resource, object, previous }: Change): string {
  const { namespace, name } = object.metadata;
  const fields = [type, resource, namespace ?? null, name];
  return JSON.stringify(previous === undefined ? fields : [...fields, previous]);
}
