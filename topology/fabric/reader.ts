import {
  type Cidr4,
  type Ipv4,
  type IpWithPrefix,
  isIpv4,
  parseCidr4,
  parseIpv4,
  parseIpWithPrefix,
} from '../addr/index.js';
import type { Result } from '../base/index.js';

/** A mistake in a document, at a path such as `spec.nodes[0].address`. */
export interface SpecProblem {
  readonly path: string;
  readonly message: string;
}

/** Reads fields of a plain object, collecting every mistake instead of stopping at the first. */
export class Reader {
  readonly problems: SpecProblem[];
  private readonly value: Readonly<Record<string, unknown>>;
  private readonly path: string;
  private readonly seen = new Set<string>();

  constructor(value: unknown, path: string, problems: SpecProblem[]) {
    this.path = path;
    this.problems = problems;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.value = isObject ? (value as Readonly<Record<string, unknown>>) : {};
    if (!isObject && value !== undefined) {
      problems.push({ path, message: `must be a mapping, not ${describe(value)}` });
    }
  }

  /** Reports a mistake in a field. */
  problem(field: string, message: string): void {
    this.problems.push({ path: this.at(field), message });
  }

  /** Whether the field is given. */
  has(field: string): boolean {
    return this.value[field] !== undefined && this.value[field] !== null;
  }

  text(field: string, fallback?: string): string {
    const value = this.take(field);
    if (typeof value === 'string' && value !== '') return value;
    if (value === undefined && fallback !== undefined) return fallback;
    this.problem(
      field,
      value === undefined ? 'is required' : `must be text, not ${describe(value)}`,
    );
    return fallback ?? '';
  }

  /** Text, or a number written without quotes. */
  quantity(field: string, fallback: string): string {
    const value = this.take(field);
    if (value === undefined) return fallback;
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' && /^\d+(\.\d+)?(m|[KMGTP]i?|k)?$/.test(value)) return value;
    this.problem(field, `must be a quantity such as 4, 500m or 8Gi, not ${describe(value)}`);
    return fallback;
  }

  whole(
    field: string,
    limits: { readonly from: number; readonly to: number; readonly fallback: number },
  ): number {
    const value = this.take(field);
    if (value === undefined) return limits.fallback;
    const number = typeof value === 'string' ? Number(value) : value;
    if (
      typeof number === 'number' &&
      Number.isInteger(number) &&
      number >= limits.from &&
      number <= limits.to
    ) {
      return number;
    }
    this.problem(
      field,
      `must be a whole number from ${limits.from} to ${limits.to}, not ${describe(value)}`,
    );
    return limits.fallback;
  }

  share(field: string): number {
    const value = this.take(field);
    if (value === undefined) return 0;
    if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    this.problem(field, `must be a number from 0 to 1, not ${describe(value)}`);
    return 0;
  }

  oneOf<T extends string>(field: string, choices: readonly T[], fallback: T): T {
    const value = this.take(field);
    if (value === undefined) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    this.problem(field, `must be one of ${choices.join(', ')}, not ${describe(value)}`);
    return fallback;
  }

  cidr(field: string, fallback: Cidr4): Cidr4 {
    return this.parsed(field, parseCidr4, fallback);
  }

  address<T extends Ipv4 | undefined>(field: string, fallback: T): Ipv4 | T {
    return this.parsed(field, parseIpv4, fallback);
  }

  addressWithPrefix(field: string): IpWithPrefix {
    const fallback: IpWithPrefix = { address: 0 as Ipv4, prefixLength: 24 };
    if (!this.has(field))
      this.problem(
        field,
        'is required: an address with its prefix length such as 192.168.50.11/24',
      );
    const value = this.parsed(field, parseIpWithPrefix, fallback);
    if (isIpv4(value.address)) return value;
    this.problem(field, 'must be an IPv4 address: machines of the underlay have no IPv6 yet');
    return fallback;
  }

  /** A duration such as 50us, 2ms or 1s, in nanoseconds. */
  duration(field: string, fallbackNs: number): number {
    const value = this.take(field);
    if (value === undefined) return fallbackNs;
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ns|us|ms|s)$/.exec(value) : null;
    const unitNs = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }[match?.[2] ?? ''];
    if (match !== null && unitNs !== undefined) return Math.round(Number(match[1]) * unitNs);
    this.problem(field, `must be a duration such as 50us, 2ms or 1s, not ${describe(value)}`);
    return fallbackNs;
  }

  /** A rate such as 100mbit or 10Gbit, in bits per second; decimal units as in tc(8). */
  rate(field: string): number | undefined {
    const value = this.take(field);
    if (value === undefined) return undefined;
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(k|m|g)?bit$/i.exec(value) : null;
    const unit = { '': 1, k: 1e3, m: 1e6, g: 1e9 }[(match?.[2] ?? '').toLowerCase()];
    const rate = match === null || unit === undefined ? 0 : Math.round(Number(match[1]) * unit);
    if (rate > 0) return rate;
    this.problem(field, `must be a rate such as 100mbit or 1Gbit, not ${describe(value)}`);
    return undefined;
  }

  labels(field: string): Record<string, string> {
    const inner = this.object(field);
    return Object.fromEntries(Object.keys(inner.value).map((key) => [key, inner.text(key)]));
  }

  object(field: string): Reader {
    return new Reader(this.take(field), this.at(field), this.problems);
  }

  /** A reader for each entry of a list. */
  objects(field: string): Reader[] {
    return this.items(field).map(
      (value, index) => new Reader(value, this.at(`${field}[${index}]`), this.problems),
    );
  }

  /** Entries of a list, unread. */
  items(field: string): readonly unknown[] {
    const value = this.take(field);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.problem(field, `must be a list, not ${describe(value)}`);
    return [];
  }

  /** Reports fields that nothing read. */
  finish(): void {
    for (const field of Object.keys(this.value)) {
      if (this.seen.has(field)) continue;
      this.problem(field, `unknown field; known here: ${[...this.seen].sort().join(', ')}`);
    }
  }

  private parsed<T, F>(
    field: string,
    parse: (text: string) => Result<T, string>,
    fallback: F,
  ): T | F {
    const value = this.take(field);
    if (value === undefined) return fallback;
    const parsed = parse(String(value));
    if (parsed.ok) return parsed.value;
    this.problem(field, parsed.error);
    return fallback;
  }

  private take(field: string): unknown {
    this.seen.add(field);
    return this.value[field] ?? undefined;
  }

  private at(field: string): string {
    return this.path === '' ? field : `${this.path}.${field}`;
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `'${value}'` : String(value);
}
