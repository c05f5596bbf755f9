import { type Frame, isArp, isFailure } from '../model/playback.js';

/** One line of two traces side by side: the same step of both, or a step that only one of them has. */
export interface AlignedRow {
  readonly left?: Frame;
  readonly right?: Frame;
  /** The two steps came to different ends, or one is missing. */
  readonly differs: boolean;
}

/** Most steps of each side that are compared. */
const MOST = 1500;

/**
 * The steps of two traces side by side, matched by place, part and action in order (longest common subsequence), and
 * where they first part ways. ARP is left out: whether it was needed is chance.
 */
export function alignTraces(
  left: readonly Frame[],
  right: readonly Frame[],
): { readonly rows: readonly AlignedRow[]; readonly first: number | undefined } {
  const a = left.filter(({ step }) => !isArp(step)).slice(0, MOST);
  const b = right.filter(({ step }) => !isArp(step)).slice(0, MOST);
  const rows = rowsOf(a, b);
  const first = rows.findIndex((row) => row.differs);
  return { rows, first: first < 0 ? undefined : first };
}

function keyOf({ hop, step }: Frame): string {
  return `${hop.place}|${hop.direction}|${step.component}|${isFailure(step) ? 'drop' : step.action}`;
}

/** What a step decided, without what is chance from trace to trace: ephemeral ports and times. */
function outcomeOf({ step }: Frame): string {
  return [step.action, step.code ?? '', step.device ?? '', step.reason]
    .join('|')
    .replace(/\b\d+ (s|ms|µs) ago/g, 'ago')
    .replace(/:\d{5}\b/g, ':port')
    .replace(/\b(ttl|seq|ack|id) \d+/g, '$1');
}

function rowsOf(a: readonly Frame[], b: readonly Frame[]): AlignedRow[] {
  const keysA = a.map(keyOf);
  const keysB = b.map(keyOf);
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        keysA[i] === keysB[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const rows: AlignedRow[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && right !== undefined && keysA[i] === keysB[j]) {
      rows.push({ left, right, differs: outcomeOf(left) !== outcomeOf(right) });
      i += 1;
      j += 1;
    } else if (
      left !== undefined &&
      (right === undefined ||
        (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      rows.push({ left, differs: true });
      i += 1;
    } else if (right !== undefined) {
      rows.push({ right, differs: true });
      j += 1;
    }
  }
  return rows;
}
