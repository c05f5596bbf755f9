/** One line of a comparison. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Longest texts that are compared line by line, in lines; of longer ones only the ends that agree are found. */
const MOST_LINES = 600;

/** Compares two texts line by line, with the fewest lines removed and added. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end))
    end += 1;
  const same = (lines: readonly string[]) =>
    lines.map((text): DiffLine => ({ kind: 'same', text }));
  const tail = end === 0 ? [] : a.slice(-end);
  return [
    ...same(a.slice(0, start)),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...same(tail),
  ];
}

function middle(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const all = (lines: readonly string[], kind: DiffLine['kind']) =>
    lines.map((text) => ({ kind, text }));
  if (a.length > MOST_LINES || b.length > MOST_LINES || a.length === 0 || b.length === 0)
    return [...all(a, 'removed'), ...all(b, 'added')];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        a[i] === b[j]
          ? 1 + (common[(i + 1) * width + j + 1] ?? 0)
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if ((common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0)) {
      lines.push({ kind: 'removed', text: a[i] ?? '' });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: b[j] ?? '' });
      j += 1;
    }
  }
  return [...lines, ...all(a.slice(i), 'removed'), ...all(b.slice(j), 'added')];
}

/** The changed lines with a few around them; undefined stands for lines left out. */
export function withContext(
  lines: readonly DiffLine[],
  around = 2,
): readonly (DiffLine | undefined)[] {
  const shown = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind === 'same') return;
    for (let near = index - around; near <= index + around; near += 1) shown.add(near);
  });
  const result: (DiffLine | undefined)[] = [];
  lines.forEach((line, index) => {
    if (shown.has(index)) result.push(line);
    else if (index > 0 && shown.has(index - 1)) result.push(undefined);
  });
  return result;
}
