import type { CounterFigure } from './counters.js';
import type { Difference } from './frames.js';
import { KNOWN_DIFFERENT } from './known-different.js';
import { LabError } from './lab-error.js';
import { type LabFile, problemText } from './read-labs.js';
import { type ProbeReport, runLab } from './scenario.js';
import type { Problem } from './shape.js';

/** What became of one scenario. */
export interface LabReport {
  readonly id: string;
  readonly file: string;
  readonly title?: string;
  readonly passed: boolean;
  /** Why it cannot be run as it is written. */
  readonly problems: readonly Problem[];
  /** The first difference, with the probe that showed it. */
  readonly difference?: Difference & { readonly probe: string };
  /** Why podnet is known to differ. */
  readonly knownDifferent?: string;
  readonly probes: readonly ProbeReport[];
  /** Recorded fields that are not compared. */
  readonly ignored: readonly string[];
}

/** What became of a folder. */
export interface FolderReport {
  readonly folder: string;
  readonly passed: number;
  readonly failed: number;
  /** Probes whose frames agree in the order of all devices together. */
  readonly order: { readonly agree: number; readonly probes: number };
  readonly counters: Pick<CounterFigure, 'agree' | 'compared' | 'unmapped'>;
  readonly scenarios: readonly LabReport[];
}

/** Runs one scenario. */
export function reportLab({ file, id, lab, problems, ignored }: LabFile): LabReport {
  const known = KNOWN_DIFFERENT.get(id);
  const about = { id, file, ...(known === undefined ? {} : { knownDifferent: known }), ignored };
  if (lab === undefined) return { ...about, passed: false, problems, probes: [] };
  const probes: ProbeReport[] = [];
  const fault = collect(() => runLab(lab), probes);
  const found = probes.find(({ difference }) => difference !== undefined);
  const difference =
    found?.difference === undefined ? undefined : { probe: found.probe, ...found.difference };
  return {
    ...about,
    title: lab.title,
    passed: fault === undefined && difference === undefined,
    problems: fault === undefined ? [] : [fault],
    ...(difference === undefined ? {} : { difference }),
    probes,
  };
}

/** Sums up the scenarios of a folder. */
export function summarize(folder: string, scenarios: readonly LabReport[]): FolderReport {
  const passed = scenarios.filter((scenario) => scenario.passed).length;
  const probes = scenarios.flatMap((scenario) => scenario.probes);
  const sum = (of: (figure: CounterFigure) => number) =>
    probes.reduce((total, { counters }) => total + (counters === undefined ? 0 : of(counters)), 0);
  return {
    folder,
    passed,
    failed: scenarios.length - passed,
    order: { agree: probes.filter(({ order }) => order.agrees).length, probes: probes.length },
    counters: {
      agree: sum(({ agree }) => agree),
      compared: sum(({ compared }) => compared),
      unmapped: sum(({ unmapped }) => unmapped),
    },
    scenarios,
  };
}

/** One line of a scenario; with `verbose` what differs follows, one line for each side. */
export function scenarioLines(report: LabReport, verbose: boolean): readonly string[] {
  const { id, file, passed, problems, difference } = report;
  if (passed) return [`ok    ${id}`];
  const lines: string[] = [];
  if (problems.length > 0) {
    const [first, ...more] = problems.map(problemText);
    lines.push(`FAIL  ${id}: ${file}: ${first}`, ...more.map((problem) => `      ${problem}`));
  }
  if (difference !== undefined) {
    lines.push(`FAIL  ${id}: ${difference.probe}: ${difference.summary}`);
    if (verbose) {
      lines.push(`      Linux  ${JSON.stringify(difference.expected)}`);
      lines.push(`      podnet ${JSON.stringify(difference.actual)}`);
    }
  }
  return lines;
}

/** What follows the scenarios; the total comes last. */
export function closingLines(report: FolderReport): readonly string[] {
  const { scenarios, order, counters, passed, failed } = report;
  const known = scenarios.filter(({ knownDifferent }) => knownDifferent !== undefined);
  const ignored = new Set(scenarios.flatMap((scenario) => scenario.ignored));
  return [
    ...(known.length === 0 ? [] : ['known different:']),
    ...known.map(({ id, knownDifferent, passed: agrees }) => {
      return `  ${id}: ${agrees ? 'agrees, so this reason must go: ' : ''}${knownDifferent}`;
    }),
    ...partlyLines(scenarios),
    ...(ignored.size === 0 ? [] : [`recorded but not compared: ${[...ignored].sort().join(', ')}`]),
    `order: ${order.agree} of ${order.probes} probes agree in total order`,
    `counters: ${counters.agree} of ${counters.compared} agree with podnet's drops (${counters.unmapped} count what podnet does not)`,
    `${passed} passed, ${failed} failed`,
  ];
}

function partlyLines(scenarios: readonly LabReport[]): readonly string[] {
  const lines = scenarios.flatMap(({ id, probes }) =>
    probes.flatMap(({ probe, partly }) =>
      partly === undefined ? [] : [`  ${id}: ${probe}: without ${partly}`],
    ),
  );
  return lines.length === 0 ? [] : [`compared in part: ${lines.length} probes`, ...lines];
}

/** Takes what a scenario gives until its end, or until it turns out not to be runnable. */
function collect(run: () => Iterable<ProbeReport>, into: ProbeReport[]): Problem | undefined {
  try {
    for (const probe of run()) into.push(probe);
    return undefined;
  } catch (error) {
    if (error instanceof LabError) {
      return { path: error.path, message: error.message.slice(error.path.length + 2) };
    }
    return {
      path: '',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
