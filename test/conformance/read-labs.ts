import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB } from './lab-shape.js';
import type { RecordedLab } from './recorded.js';
import { type Findings, isMapping, type Problem } from './shape.js';

/** A file of a folder of recordings. */
export interface LabFile {
  /** Its name in the folder. */
  readonly file: string;
  /** The scenario's, or the file's name without its ending. */
  readonly id: string;
  /** Absent when the file is not of the format: then `problems` says why. */
  readonly lab?: RecordedLab;
  readonly problems: readonly Problem[];
  /** Recorded fields that mean nothing here and are not compared. */
  readonly ignored: readonly string[];
}

/** Every scenario of a folder, in order of file names; `INDEX.json` is not one. */
export function readLabFiles(folder: string): readonly LabFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'INDEX.json')
    .sort()
    .map((name) => readLabText(name, readFileSync(join(folder, name), 'utf8')));
}

/** The scenarios of a folder; throws when one is not of the format. */
export function readLabs(folder: string): readonly RecordedLab[] {
  return readLabFiles(folder).map(({ file, lab, problems }) => {
    if (lab !== undefined) return lab;
    throw new Error(`${file}: ${problems.map(problemText).join('; ')}`);
  });
}

/** Reads one scenario. */
export function readLabText(file: string, content: string): LabFile {
  const name = file.replace(/\.json$/, '');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    const message = `must be JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { file, id: name, problems: [{ path: '', message }], ignored: [] };
  }
  const findings: Findings = { problems: [], ignored: new Set() };
  LAB(value, '', findings);
  const ignored = [...findings.ignored];
  if (findings.problems.length > 0) {
    const id = isMapping(value) && typeof value.id === 'string' ? value.id : name;
    return { file, id, problems: findings.problems, ignored };
  }
  const lab = value as RecordedLab;
  return { file, id: lab.id, lab, problems: [], ignored };
}

/** A problem in one line. */
export function problemText({ path, message }: Problem): string {
  return path === '' ? message : `${path} ${message}`;
}
