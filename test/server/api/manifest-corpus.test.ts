import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  applyManifest,
  findSources,
  formatProblem,
  readManifests,
} from '../../../server/api/manifest/index.js';
import { newApi } from './helper.js';

const corpus = process.env.PODNET_CORPUS ?? '';
const present = corpus !== '' && existsSync(corpus);

describe('the corpus', () => {
  (present ? test : test.skip)(
    'gives objects, problems or notes for every file, and nothing throws',
    () => {
      const { sources, problems } = findSources([corpus]);
      expect(problems).toEqual([]);
      const totals: Record<string, number> = {
        files: sources.length,
        objects: 0,
        created: 0,
        refused: 0,
      };
      const reasons: Record<string, number> = {};
      const silent: string[] = [];
      for (const source of sources) {
        const read = readManifests([source]);
        const api = newApi();
        const report = applyManifest(api, read.objects);
        const all = [...read.problems, ...report.problems];
        if (read.objects.length === 0 && all.length === 0 && read.notes.length === 0)
          silent.push(source.file);
        for (const problem of all) expect(formatProblem(problem)).toMatch(/^.+:\d+:\d+: ./);
        for (const problem of all) reasons[problem.reason] = (reasons[problem.reason] ?? 0) + 1;
        totals.objects = (totals.objects ?? 0) + read.objects.length;
        totals.created = (totals.created ?? 0) + report.counts.created;
        totals.refused = (totals.refused ?? 0) + report.counts.refused;
      }
      if (process.env.PODNET_CORPUS_REPORT)
        process.stdout.write(`${JSON.stringify({ totals, reasons })}\n`);
      expect(silent).toEqual([]);
      expect(totals.files).toBeGreaterThan(1000);
    },
    120_000,
  );
});
