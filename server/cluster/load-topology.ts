import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import {
  fail,
  ok,
  parseTopology,
  type Result,
  type SpecProblem,
  type TopologySpec,
} from '../../topology/index.js';

/** Topology that is taken when none is asked for. */
export const DEFAULT_PRESET = 'three-nodes';

const PRESETS = fileURLToPath(new URL('../../topology/presets/', import.meta.url));
const MAX_ALIASES = 100;

/** Names of the ready-made topologies. */
export function presetNames(): string[] {
  return readdirSync(PRESETS)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/**
 * Reads a Topology from a file, or a preset by its name.
 *
 * Failures: sentences of the form `file:line:column: field: what is wrong`, one per mistake.
 */
export function loadTopology(
  nameOrFile: string = DEFAULT_PRESET,
): Result<TopologySpec, readonly string[]> {
  const isPreset = presetNames().includes(nameOrFile);
  const file = isPreset ? join(PRESETS, `${nameOrFile}.yaml`) : nameOrFile;
  if (!isPreset && !existsSync(file)) {
    return fail([
      `no topology '${nameOrFile}': neither a file nor one of the presets ${presetNames().join(', ')}`,
    ]);
  }
  try {
    return readTopology(readFileSync(file, 'utf8'), isPreset ? `preset ${nameOrFile}` : file);
  } catch (error) {
    return fail([`${file}: ${error instanceof Error ? error.message : error}`]);
  }
}

/** Reads a Topology from YAML or JSON text; `file` is for messages. */
export function readTopology(text: string, file: string): Result<TopologySpec, readonly string[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return fail(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        const message =
          error.code === 'MULTIPLE_DOCS'
            ? 'a Topology file holds one document; is this a manifest? Those are given with -f'
            : error.message;
        return `${file}:${line}:${col}: ${message}`;
      }),
    );
  }
  const parsed = parseTopology(document.toJS({ maxAliasCount: MAX_ALIASES }));
  if (parsed.ok) return ok(parsed.value);
  return fail(parsed.error.map((problem) => sentence(problem, { document, lines, file })));
}

interface Source {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
}

function sentence(problem: SpecProblem, source: Source): string {
  const keys = problem.path.split(/[.[\]]+/).filter((key) => key !== '');
  for (let length = keys.length; length > 0; length--) {
    const node = source.document.getIn(keys.slice(0, length).map(keyOf), true);
    if (!isNode(node) || !node.range) continue;
    const { line, col } = source.lines.linePos(node.range[0]);
    return `${source.file}:${line}:${col}: ${problem.path}: ${problem.message}`;
  }
  return `${source.file}: ${problem.path}: ${problem.message}`;
}

function keyOf(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key;
}
