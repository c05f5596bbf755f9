import type { ToolIo } from './tool.js';

/** A value of the JSON that iproute2 writes. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * One thing that iproute2 shows, as text and as JSON at once: what its print_* functions write by format.
 */
export class Entry {
  text = '';
  readonly fields: Record<string, Json> = {};

  /** Adds a field, and its text, empty where only JSON has it. */
  put(key: string, value: Json, text = ''): void {
    this.fields[key] = value;
    this.text += text;
  }

  /** Adds a field that is there or not: its text when it is. */
  flag(key: string, on: boolean, text: string): void {
    if (on) this.put(key, true, text);
  }

  /** Adds what only the text has. */
  say(text: string): void {
    this.text += text;
  }
}

/** How entries are written. */
export interface EntryFormat {
  readonly json: boolean;
  readonly pretty: boolean;
}

/** Writes entries one after another, or as one JSON array. */
export async function writeEntries(
  io: ToolIo,
  entries: readonly Entry[],
  format: EntryFormat,
): Promise<void> {
  if (!format.json) {
    for (const entry of entries) await io.out(entry.text);
    return;
  }
  const fields = entries.map((entry) => entry.fields);
  await io.out(`${format.pretty ? prettyJson(fields, 0) : JSON.stringify(fields)}\n`);
}

/** JSON as iproute2's json_writer.c lays it out with `-p`. */
export function prettyJson(value: Json, depth: number): string {
  if (isList(value)) {
    const items = value.map((item) => prettyJson(item, depth + 1));
    return items.length === 0 ? '[ ]' : `[ ${items.join(',')} ]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const indent = '    '.repeat(depth + 1);
  const members = Object.entries(value).map(
    ([key, member]) => `\n${indent}${JSON.stringify(key)}: ${prettyJson(member, depth + 1)}`,
  );
  return members.length === 0 ? '{}' : `{${members.join(',')}\n${'    '.repeat(depth)}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
