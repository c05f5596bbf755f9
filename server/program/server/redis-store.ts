import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';

/** A value of RESP2 as redis sends it. */
export type RespValue =
  | { readonly kind: 'simple'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'bulk'; readonly text: string | undefined }
  | { readonly kind: 'array'; readonly items: readonly RespValue[] | undefined };

/** `+OK`. */
export const RESP_OK: RespValue = { kind: 'simple', text: 'OK' };

/** A bulk string; undefined is nil. */
export function bulk(text: string | undefined): RespValue {
  return { kind: 'bulk', text };
}

/** An integer. */
export function integer(value: number): RespValue {
  return { kind: 'integer', value };
}

/** An array of bulk strings. */
export function bulks(texts: readonly string[]): RespValue {
  return { kind: 'array', items: texts.map(bulk) };
}

/** An error reply. */
export function respError(text: string): RespValue {
  return { kind: 'error', text };
}

/** Writes a value. */
export function emitResp(value: RespValue): Uint8Array {
  return encodeUtf8(respText(value));
}

function respText(value: RespValue): string {
  switch (value.kind) {
    case 'simple':
      return `+${value.text}\r\n`;
    case 'error':
      return `-${value.text}\r\n`;
    case 'integer':
      return `:${value.value}\r\n`;
    case 'bulk':
      if (value.text === undefined) return '$-1\r\n';
      return `$${encodeUtf8(value.text).length}\r\n${value.text}\r\n`;
    case 'array':
      if (value.items === undefined) return '*-1\r\n';
      return `*${value.items.length}\r\n${value.items.map(respText).join('')}`;
  }
}

/** One value at the start of the octets and how many it takes; undefined until it is whole. */
export function parseResp(
  octets: Uint8Array,
  start = 0,
): { readonly value: RespValue; readonly next: number } | undefined {
  const end = octets.indexOf(10, start);
  if (end < 0) return undefined;
  // A line of the inline form may end in LF alone: networking.c of redis, processInlineBuffer.
  const head = decodeUtf8(octets.subarray(start, octets[end - 1] === 13 ? end - 1 : end));
  const next = end + 1;
  const rest = head.slice(1);
  switch (head[0]) {
    case '+':
      return { value: { kind: 'simple', text: rest }, next };
    case '-':
      return { value: respError(rest), next };
    case ':':
      return { value: integer(Number(rest)), next };
    case '$':
      return parseBulk(octets, Number(rest), next);
    case '*':
      return parseArray(octets, Number(rest), next);
    default:
      // The inline form: words on a line, as a person types them into nc.
      return { value: bulks(head.split(/\s+/).filter((word) => word !== '')), next };
  }
}

function parseBulk(octets: Uint8Array, length: number, at: number) {
  if (length < 0) return { value: bulk(undefined), next: at };
  if (octets.length < at + length + 2) return undefined;
  return { value: bulk(decodeUtf8(octets.subarray(at, at + length))), next: at + length + 2 };
}

function parseArray(octets: Uint8Array, count: number, start: number) {
  if (count < 0) return { value: { kind: 'array', items: undefined } as const, next: start };
  const items: RespValue[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const item = parseResp(octets, at);
    if (item === undefined) return undefined;
    items.push(item.value);
    at = item.next;
  }
  return { value: { kind: 'array', items } as const, next: at };
}

/** The words of a command. */
export function respWords(value: RespValue): readonly string[] {
  if (value.kind !== 'array') return [];
  return (value.items ?? []).map((item) => (item.kind === 'bulk' ? (item.text ?? '') : ''));
}

type Stored = string | string[] | Map<string, string> | Set<string>;

const WRONG_TYPE = respError('WRONGTYPE Operation against a key holding the wrong kind of value');

/** Keys and values of a redis server; commands that only touch data. */
export class RedisStore {
  private readonly data = new Map<string, Stored>();
  private readonly expiresNs = new Map<string, number>();
  private readonly nowNs: () => number;

  constructor(nowNs: () => number) {
    this.nowNs = nowNs;
  }

  /** The answer to a data command; undefined when the command is not one. */
  run(name: string, args: readonly string[]): RespValue | undefined {
    this.expire();
    const [key = '', second = ''] = args;
    switch (name) {
      case 'GET':
        return this.withString(key, (text) => bulk(text));
      case 'SET':
        return this.set(args);
      case 'SETNX':
        if (this.data.has(key)) return integer(0);
        this.data.set(key, second);
        return integer(1);
      case 'APPEND':
        return this.withString(key, (text) => {
          this.data.set(key, `${text ?? ''}${second}`);
          return integer((text ?? '').length + second.length);
        });
      case 'STRLEN':
        return this.withString(key, (text) => integer((text ?? '').length));
      case 'INCR':
      case 'DECR':
      case 'INCRBY':
      case 'DECRBY':
        return this.increment(key, (name.startsWith('DECR') ? -1 : 1) * Number(second || 1));
      case 'MGET':
        return { kind: 'array', items: args.map((each) => bulk(this.text(each))) };
      case 'MSET':
        for (let at = 0; at + 1 < args.length; at += 2)
          this.data.set(args[at] ?? '', args[at + 1] ?? '');
        return RESP_OK;
      case 'DEL':
      case 'UNLINK':
        return integer(args.filter((each) => this.data.delete(each)).length);
      case 'EXISTS':
        return integer(args.filter((each) => this.data.has(each)).length);
      case 'KEYS':
        return bulks([...this.data.keys()].filter((each) => globMatches(key, each)));
      case 'DBSIZE':
        return integer(this.data.size);
      case 'FLUSHALL':
      case 'FLUSHDB':
        this.data.clear();
        return RESP_OK;
      case 'TYPE':
        return { kind: 'simple', text: this.typeOf(key) };
      case 'EXPIRE':
        if (!this.data.has(key)) return integer(0);
        this.expiresNs.set(key, this.nowNs() + Number(second) * 1e9);
        return integer(1);
      case 'TTL':
        return integer(this.timeToLive(key));
      default:
        return this.runOnCollections(name, args);
    }
  }

  private runOnCollections(name: string, args: readonly string[]): RespValue | undefined {
    const [key = '', second = '', third = ''] = args;
    switch (name) {
      case 'LPUSH':
      case 'RPUSH':
        return this.withList(key, (list) => {
          for (const item of args.slice(1)) {
            if (name === 'LPUSH') list.unshift(item);
            else list.push(item);
          }
          this.data.set(key, list);
          return integer(list.length);
        });
      case 'LPOP':
      case 'RPOP':
        return this.withList(key, (list) => {
          const item = name === 'LPOP' ? list.shift() : list.pop();
          if (list.length === 0) this.data.delete(key);
          return bulk(item);
        });
      case 'LLEN':
        return this.withList(key, (list) => integer(list.length));
      case 'LRANGE':
        return this.withList(key, (list) => {
          const from =
            Number(second) < 0 ? Math.max(0, list.length + Number(second)) : Number(second);
          const to = Number(third) < 0 ? list.length + Number(third) : Number(third);
          return bulks(list.slice(from, to + 1));
        });
      case 'SADD':
      case 'SREM':
      case 'SMEMBERS':
      case 'SCARD':
        return this.onSet(name, key, args.slice(1));
      case 'HSET':
      case 'HGET':
      case 'HGETALL':
      case 'HDEL':
      case 'HKEYS':
        return this.onHash(name, key, args.slice(1));
      default:
        return undefined;
    }
  }

  private onSet(name: string, key: string, members: readonly string[]): RespValue {
    const stored = this.data.get(key) ?? new Set<string>();
    if (!(stored instanceof Set)) return WRONG_TYPE;
    const before = stored.size;
    if (name === 'SMEMBERS') return bulks([...stored]);
    if (name === 'SCARD') return integer(before);
    for (const member of members) {
      if (name === 'SADD') stored.add(member);
      else stored.delete(member);
    }
    this.data.set(key, stored);
    return integer(Math.abs(stored.size - before));
  }

  private onHash(name: string, key: string, fields: readonly string[]): RespValue {
    const stored = this.data.get(key) ?? new Map<string, string>();
    if (!(stored instanceof Map)) return WRONG_TYPE;
    if (name === 'HGET') return bulk(stored.get(fields[0] ?? ''));
    if (name === 'HGETALL') return bulks([...stored].flat());
    if (name === 'HKEYS') return bulks([...stored.keys()]);
    const before = stored.size;
    for (let at = 0; at < fields.length; at += name === 'HSET' ? 2 : 1) {
      if (name === 'HSET') stored.set(fields[at] ?? '', fields[at + 1] ?? '');
      else stored.delete(fields[at] ?? '');
    }
    this.data.set(key, stored);
    return integer(Math.abs(stored.size - before));
  }

  private set(args: readonly string[]): RespValue {
    const [key = '', value = ''] = args;
    const flags = args.slice(2).map((flag) => flag.toUpperCase());
    if (flags.includes('NX') && this.data.has(key)) return bulk(undefined);
    if (flags.includes('XX') && !this.data.has(key)) return bulk(undefined);
    this.data.set(key, value);
    this.expiresNs.delete(key);
    const ex = flags.indexOf('EX');
    if (ex >= 0) this.expiresNs.set(key, this.nowNs() + Number(flags[ex + 1]) * 1e9);
    return RESP_OK;
  }

  private increment(key: string, by: number): RespValue {
    return this.withString(key, (text) => {
      const value = Number(text ?? '0');
      if (!Number.isInteger(value)) return respError('ERR value is not an integer or out of range');
      this.data.set(key, String(value + by));
      return integer(value + by);
    });
  }

  private text(key: string): string | undefined {
    const stored = this.data.get(key);
    return typeof stored === 'string' ? stored : undefined;
  }

  private withString(key: string, use: (text: string | undefined) => RespValue): RespValue {
    const stored = this.data.get(key);
    return stored === undefined || typeof stored === 'string' ? use(stored) : WRONG_TYPE;
  }

  private withList(key: string, use: (list: string[]) => RespValue): RespValue {
    const stored = this.data.get(key) ?? [];
    return Array.isArray(stored) ? use(stored) : WRONG_TYPE;
  }

  private typeOf(key: string): string {
    const stored = this.data.get(key);
    if (stored === undefined) return 'none';
    if (typeof stored === 'string') return 'string';
    if (Array.isArray(stored)) return 'list';
    return stored instanceof Set ? 'set' : 'hash';
  }

  private timeToLive(key: string): number {
    if (!this.data.has(key)) return -2;
    const expires = this.expiresNs.get(key);
    return expires === undefined ? -1 : Math.ceil((expires - this.nowNs()) / 1e9);
  }

  private expire(): void {
    for (const [key, expires] of this.expiresNs) {
      if (expires > this.nowNs()) continue;
      this.data.delete(key);
      this.expiresNs.delete(key);
    }
  }
}

function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.+(){}|]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(text);
}
