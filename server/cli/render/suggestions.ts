import type { ShownChange, Suggestion, SuggestReport } from '../../contract/what-if.js';
import { type Paper, paint, wrap } from './paint.js';

/** What would make a trace arrive, for reading: each change with its lines, then what was tried in vain. */
export function renderSuggestions(report: SuggestReport, paper: Paper): string {
  const { others, suggestions, why } = report;
  const lines = [
    '',
    paint(paper, 'bold', 'What would make it arrive (tried on copies of the cluster)'),
  ];
  if (why !== undefined) lines.push(...wrap(paper, `  ${why}`, 2));
  else if (suggestions.length === 0) lines.push('  nothing that was tried');
  for (const [index, suggestion] of suggestions.entries())
    lines.push(...oneOf(suggestion, index + 1, paper));
  if (others.length > 0) {
    lines.push('', paint(paper, 'dim', 'Tried, and it did not help'));
    for (const { text } of others) lines.push(...wrap(paper, `  ✘ ${text}`, 4));
  }
  return `${lines.join('\n')}\n`;
}

function oneOf(suggestion: Suggestion, number: number, paper: Paper): readonly string[] {
  const { because, changes, scope, text } = suggestion;
  const asks = scope === 'question' ? ' (asks something else)' : '';
  return [
    ...wrap(paper, `${number}. ${paint(paper, 'green', '✔')} ${text}${asks}`, 5),
    ...wrap(paper, `     ${because}`, 5).map((line) => paint(paper, 'dim', line)),
    ...changes.flatMap((change) => changeLines(change, paper)),
  ];
}

function changeLines(change: ShownChange, paper: Paper): readonly string[] {
  if (change.kind === 'commands')
    return change.lines.map((line) => `       ${change.title}# ${line}`);
  const before = change.before === '' ? [] : change.before.trimEnd().split('\n');
  const after = change.after === '' ? [] : change.after.trimEnd().split('\n');
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start])
    start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    `     ${change.title}`,
    ...before
      .slice(start, before.length - end)
      .map((line) => paint(paper, 'red', `     - ${line}`)),
    ...after
      .slice(start, after.length - end)
      .map((line) => paint(paper, 'green', `     + ${line}`)),
  ];
}
