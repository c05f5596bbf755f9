/** Names that controllers give, as upstream's `k8s.io/apimachinery/pkg/util/rand` and `pkg/controller` make them. */

import { hash32 } from '../../topology/index.js';
import type { PodTemplateSpec } from '../contract/kube.js';

/** No vowels, and none of 0, 1 and 3, so that no words come out. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 58;

/** A source of five-letter endings over a seeded sequence of numbers from 0 up to 1. */
export function suffixSource(random: () => number): () => string {
  return () => {
    let suffix = '';
    for (let index = 0; index < SUFFIX_LENGTH; index++) {
      suffix += LETTERS[Math.floor(random() * LETTERS.length)] ?? 'b';
    }
    return suffix;
  };
}

/** The base cut so that base and ending fit a DNS label (`names.SimpleNameGenerator`). */
export function generatedName(base: string, suffix: string): string {
  return `${base.slice(0, MAX_BASE_LENGTH)}${suffix}`;
}

/** Writes text with letters that are safe in names (`rand.SafeEncodeString`). */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let index = 0; index < text.length; index++) {
    encoded += LETTERS[text.charCodeAt(index) % LETTERS.length] ?? 'b';
  }
  return encoded;
}

/**
 * The hash that names a template's ReplicaSet (`controller.ComputeHash`): FNV-1a over the template and the
 * number of collisions so far.
 *
 * Fidelity: upstream hashes Go's dump of its structs, so its letters differ; length and alphabet are the same.
 */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  return safeEncode(String(hash32(canonicalJson(template) + (collisions === 0 ? '' : collisions))));
}

/** JSON with fields in order of name, without undefined ones. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
