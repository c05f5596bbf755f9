import type { AppliedLine, ApplyReport, ProblemLine } from '../../server/contract/acting.js';
import { diffLines, withContext } from '../model/diff.js';
import { EDITOR, GHOST, OUTCOMES } from './words.js';

interface Props {
  readonly report: ApplyReport;
  readonly isDryRun: boolean;
  readonly onGo: (problem: Pick<ProblemLine, 'line' | 'column'>) => void;
}

/** How many entries of each list are shown. */
const MOST = 50;

/** Problems with their lines, then what became of each object, with what changes in it. */
export function Report({ report, isDryRun, onGo }: Props) {
  const { problems, objects } = report;
  const notes = report.lines.filter(
    (line) => !objects.some(({ title, outcome }) => line === `${title} ${outcome}`),
  );
  return (
    <div className="report" role="status">
      {problems.slice(0, MOST).map((problem) => (
        <button
          key={`${problem.line} ${problem.column} ${problem.message}`}
          type="button"
          className="report-problem"
          onClick={() => onGo(problem)}
        >
          <b>▲ {EDITOR.line(problem.line, problem.column)}</b> {problem.message}
          {problem.hint === undefined ? null : <em> {problem.hint}</em>}
        </button>
      ))}
      {problems.length > MOST ? <p>{EDITOR.more(problems.length - MOST)}</p> : null}
      {objects.slice(0, MOST).map((object) => (
        <ObjectLine
          key={`${object.line} ${object.title}`}
          object={object}
          isDryRun={isDryRun}
          onGo={() => onGo({ line: object.line, column: 1 })}
        />
      ))}
      {objects.length > MOST ? <p>{EDITOR.more(objects.length - MOST)}</p> : null}
      {[...new Set(notes)].slice(0, MOST).map((line) => (
        <p key={line} className="muted">
          {line}
        </p>
      ))}
    </div>
  );
}

interface ObjectProps {
  readonly object: AppliedLine;
  readonly isDryRun: boolean;
  readonly onGo: () => void;
}

function ObjectLine({ object, isDryRun, onGo }: ObjectProps) {
  const { title, namespace, outcome, before, after } = object;
  const { sign, word, dry } = OUTCOMES[outcome];
  return (
    <div className={`object-line ${outcome}`}>
      <button type="button" className="quiet" onClick={onGo}>
        <b aria-hidden="true">{sign}</b> {title}
        {namespace === undefined ? '' : GHOST.inNamespace(namespace)}{' '}
        <span>{isDryRun ? dry : word}</span>
      </button>
      {outcome === 'configured' && before !== undefined && after !== undefined ? (
        <details open={isDryRun}>
          <summary>{EDITOR.diffOf(title)}</summary>
          <Diff before={before} after={after} />
        </details>
      ) : null}
    </div>
  );
}

function Diff({ before, after }: { readonly before: string; readonly after: string }) {
  const signs = { same: ' ', added: '+', removed: '−' } as const;
  return (
    <pre className="diff">
      {withContext(diffLines(before, after)).map((line, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name and never move
          key={index}
          className={line?.kind ?? 'cut'}
        >
          {line === undefined ? '⋮' : `${signs[line.kind]} ${line.text}`}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
