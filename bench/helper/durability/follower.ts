/** An object as far as these checks look. */
export interface Seen {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Seen;
}

/** Faults of a watch, by what they would mean to an informer. */
export interface WatchFaults {
  /** An event that was told before, or out of order. */
  repeats: number;
  /** An event that does not fit what was told before: added twice, changed or deleted while unknown. */
  gaps: number;
  /** The server said that it could not go on from the revision. */
  expired: number;
}

/**
 * Keeps a copy of a collection as an informer does: a list once, then a watch that goes on from the last
 * resourceVersion, over as many servers as come and go.
 */
export class Follower {
  readonly faults: WatchFaults = { repeats: 0, gaps: 0, expired: 0 };
  /** Revisions of the events told, by the name of the object. */
  readonly told = new Map<string, number[]>();
  /** resourceVersions by name. */
  readonly held = new Map<string, string>();
  /** How often the watch went on after a server was gone. */
  resumed = 0;
  lastRevision = 0;
  private readonly path: string;
  private readonly labels: string;
  private reading: Promise<void> = Promise.resolve();
  private stop = new AbortController();

  constructor(path: string, labels = '') {
    this.path = path;
    this.labels = labels;
  }

  private get selector(): string {
    return this.labels === '' ? '' : `labelSelector=${encodeURIComponent(this.labels)}&`;
  }

  /** One of the same collection that knows nothing yet. */
  another(): Follower {
    return new Follower(this.path, this.labels);
  }

  /** Lists anew. */
  async list(url: string): Promise<void> {
    const response = await fetch(`${url}${this.path}?${this.selector}`);
    const list = (await response.json()) as {
      readonly metadata: { readonly resourceVersion: string };
      readonly items: readonly Seen[];
    };
    this.held.clear();
    for (const { metadata } of list.items) this.held.set(metadata.name, metadata.resourceVersion);
    this.lastRevision = Number(list.metadata.resourceVersion);
  }

  /** Watches a server from the last revision until that server is gone. */
  follow(url: string): void {
    this.stop = new AbortController();
    const query = `${this.selector}watch=true&allowWatchBookmarks=true&resourceVersion=${this.lastRevision}`;
    this.reading = this.read(`${url}${this.path}?${query}`).catch(() => {});
  }

  /** Resolves when the server has closed the watch. */
  async ended(): Promise<void> {
    await this.reading;
    this.resumed++;
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.reading;
  }

  private async read(url: string): Promise<void> {
    const { body } = await fetch(url, { signal: this.stop.signal });
    if (body === null) return;
    const decoder = new TextDecoder();
    let rest = '';
    for await (const octets of body) {
      const lines = (rest + decoder.decode(octets as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.take(JSON.parse(line) as WatchEvent);
    }
  }

  private take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      this.faults.expired++;
      return;
    }
    const { name, resourceVersion } = object.metadata;
    const revision = Number(resourceVersion);
    if (type === 'BOOKMARK') {
      if (revision < this.lastRevision) this.faults.repeats++;
      this.lastRevision = Math.max(this.lastRevision, revision);
      return;
    }
    if (revision <= this.lastRevision) this.faults.repeats++;
    this.lastRevision = revision;
    if (this.held.has(name) === (type === 'ADDED')) this.faults.gaps++;
    if (type === 'DELETED') this.held.delete(name);
    else this.held.set(name, resourceVersion);
    const told = this.told.get(name);
    if (told === undefined) this.told.set(name, [revision]);
    else told.push(revision);
  }
}
