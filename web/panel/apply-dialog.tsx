import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { ApplyReport, ProblemLine } from '../../server/contract/live.js';
import type { LiveStore } from '../state/live-store.js';

interface Props {
  readonly store: LiveStore;
  readonly onClose: () => void;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
}

const EXAMPLE = `apiVersion: v1
kind: Pod
metadata:
  name: hello
  labels:
    app: hello
spec:
  containers:
    - name: web
      image: nginx:1.27
      ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  name: hello
spec:
  selector:
    app: hello
  ports:
    - port: 80
`;

/** What was written last, kept while the page is open. */
let lastText = EXAMPLE;

/** Takes manifests as text or files, applies or deletes them, and shows every problem with its line. */
export function ApplyDialog({ store, onClose, onTell }: Props) {
  const [text, setText] = useState(lastText);
  const [report, setReport] = useState<ApplyReport>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
    area.current?.focus();
  }, []);

  async function run(command: 'apply' | 'deleteManifest') {
    setBusy(true);
    lastText = text;
    const answer = await store.command(command, { text });
    setBusy(false);
    setReport(answer.ok ? answer.value : undefined);
    setError(answer.ok ? undefined : answer.error);
    if (answer.ok && answer.value.problems.length === 0) {
      onTell('good', summaryOf(answer.value.lines, command));
      onClose();
    }
  }

  async function drop(event: DragEvent) {
    event.preventDefault();
    const texts = await Promise.all([...event.dataTransfer.files].map((file) => file.text()));
    if (texts.length > 0) setText(texts.join('\n---\n'));
  }

  function keys(event: KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run('apply');
  }

  return (
    <dialog ref={dialog} className="apply" onClose={onClose} aria-label="Apply a manifest">
      <h2>Apply a manifest</h2>
      <Editor
        area={area}
        text={text}
        problems={report?.problems ?? []}
        onText={setText}
        onDrop={drop}
        onKeys={keys}
      />
      <div className="row">
        <button type="button" className="primary" disabled={busy} onClick={() => run('apply')}>
          {busy ? 'working…' : 'Apply'} <kbd>Ctrl ⏎</kbd>
        </button>
        <button
          type="button"
          className="danger"
          disabled={busy}
          onClick={() => run('deleteManifest')}
        >
          Delete these objects
        </button>
        <label className="file-button">
          Open files…
          <input
            type="file"
            multiple
            accept=".yaml,.yml,.json"
            className="visually-hidden"
            onChange={async (event) => {
              const files = [...(event.target.files ?? [])];
              const texts = await Promise.all(files.map((file) => file.text()));
              if (texts.length > 0) setText(texts.join('\n---\n'));
            }}
          />
        </label>
        <span className="muted">or drop them into the text</span>
        <span className="spacer" />
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {report === undefined ? null : (
        <Report report={report} onGo={(problem) => goTo(area.current, problem)} />
      )}
    </dialog>
  );
}

interface EditorProps {
  readonly area: React.RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly problems: readonly ProblemLine[];
  readonly onText: (text: string) => void;
  readonly onDrop: (event: DragEvent) => void;
  readonly onKeys: (event: KeyboardEvent) => void;
}

/** A text with line numbers; lines with a problem are marked. */
function Editor({ area, text, problems, onText, onDrop, onKeys }: EditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const bad = new Set(problems.map((problem) => problem.line));
  const count = text.split('\n').length;
  return (
    <div className="editor">
      <div ref={gutter} className="gutter" aria-hidden="true">
        {Array.from({ length: count }, (_, index) => index + 1).map((line) => (
          <span key={line} className={bad.has(line) ? 'bad' : ''}>
            {bad.has(line) ? '▲' : ''}
            {line}
          </span>
        ))}
      </div>
      <textarea
        ref={area}
        value={text}
        spellCheck={false}
        wrap="off"
        onChange={(event) => onText(event.target.value)}
        onScroll={(event) => {
          if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
        onDragOver={(event) => event.preventDefault()}
        onDrop={onDrop}
        onKeyDown={onKeys}
        aria-label="Manifest in YAML or JSON; files may be dropped here"
      />
    </div>
  );
}

function Report({
  report,
  onGo,
}: {
  readonly report: ApplyReport;
  readonly onGo: (problem: ProblemLine) => void;
}) {
  return (
    <div className="report" role="status">
      {report.problems.map((problem) => (
        <button
          key={`${problem.line} ${problem.column} ${problem.message}`}
          type="button"
          className="report-problem"
          onClick={() => onGo(problem)}
        >
          <b>
            ▲ line {problem.line}:{problem.column}
          </b>{' '}
          {problem.message}
          {problem.hint === undefined ? null : <em> {problem.hint}</em>}
        </button>
      ))}
      {[...new Set(report.lines)].map((line) => (
        <p key={line} className="good">
          ✔ {line}
        </p>
      ))}
    </div>
  );
}

/** Puts the cursor where a problem is. */
function goTo(area: HTMLTextAreaElement | null, problem: ProblemLine): void {
  if (area === null) return;
  const lines = area.value.split('\n');
  const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const line = lines[problem.line - 1] ?? '';
  area.focus();
  area.setSelectionRange(
    start + Math.min(line.length, Math.max(0, problem.column - 1)),
    start + line.length,
  );
  const lineHeight = area.scrollHeight / Math.max(1, lines.length);
  area.scrollTop = Math.max(0, (problem.line - 6) * lineHeight);
}

function summaryOf(lines: readonly string[], command: 'apply' | 'deleteManifest'): string {
  if (lines.length <= 3) return lines.join(', ');
  return `${lines.length} objects ${command === 'apply' ? 'applied' : 'deleted'}`;
}
