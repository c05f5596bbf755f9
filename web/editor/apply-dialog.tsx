import { type DragEvent, useEffect, useRef, useState } from 'react';
import type { ApplyReport, LoadedObject } from '../../server/contract/acting.js';
import { useModal } from '../panel/use-modal.js';
import type { LiveStore } from '../state/live-store.js';
import type { CodeEditor } from './code-editor.js';
import type { DryRun } from './ghost.js';
import { Report } from './report.js';
import { TEMPLATES } from './templates.js';
import { EDITOR } from './words.js';

interface Props {
  readonly store: LiveStore;
  /** An object to edit; what was written last when absent. */
  readonly loaded?: LoadedObject | undefined;
  readonly onClose: () => void;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
  /** Something was applied or deleted. */
  readonly onDone: (text: string, undo: string | undefined) => void;
  /** Shows on the graph what would change. */
  readonly onDryRun: (run: DryRun) => void;
}

/** How long after the last key the text is checked, in milliseconds. */
const CHECK_AFTER_MS = 350;
/** Longest text that is checked while it is written, in characters. */
const CHECKED_LENGTH = 150_000;
/** Largest message that the server takes, less what stands around the text, in octets. */
const MOST_BYTES = 2_900_000;

/** What was written last, kept while the page is open. */
let kept: { text: string; loaded: LoadedObject['loaded'] | undefined } = {
  text: TEMPLATES[0]?.text ?? '',
  loaded: undefined,
};

/** Takes manifests as text, files or templates; checks them while they are written; tries, applies or deletes them. */
export function ApplyDialog({ store, loaded, onClose, onTell, onDone, onDryRun }: Props) {
  const dialog = useModal();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor>(undefined);
  const [report, setReport] = useState<{ value: ApplyReport; isDryRun: boolean }>();
  const [error, setError] = useState<string>();
  const [check, setCheck] = useState<string>('');
  const [busy, setBusy] = useState(false);
  const [isReady, setReady] = useState(false);
  const [edited, setEdited] = useState(loaded?.loaded ?? kept.loaded);
  const isDone = useRef(false);

  const request = (text: string, dryRun: boolean) => ({
    text,
    dryRun,
    ...(edited === undefined ? {} : { edited: [edited] }),
  });

  async function checkNow() {
    const text = editor.current?.text() ?? '';
    if (text.length > CHECKED_LENGTH) {
      setCheck(EDITOR.notChecked);
      editor.current?.showProblems([]);
      return;
    }
    setCheck(EDITOR.checking);
    const answer = await store.command('apply', request(text, true));
    if (editor.current?.text() !== text) return;
    if (!answer.ok) {
      setCheck(answer.error);
      return;
    }
    const { problems } = answer.value;
    editor.current.showProblems(problems);
    setCheck(
      problems.length === 0
        ? `✔ ${EDITOR.checked}`
        : `▲ ${problems.length}: ${problems[0]?.message}`,
    );
  }

  async function run(command: 'apply' | 'deleteManifest', dryRun: boolean) {
    const text = editor.current?.text() ?? '';
    const bytes = new Blob([JSON.stringify(text)]).size;
    if (bytes > MOST_BYTES) {
      setError(EDITOR.tooLong((bytes / 1e6).toFixed(1)));
      return;
    }
    setBusy(true);
    kept = { text, loaded: edited };
    const answer = await store.command(command, request(text, dryRun));
    setBusy(false);
    setReport(answer.ok ? { value: answer.value, isDryRun: dryRun } : undefined);
    setError(answer.ok ? undefined : answer.error);
    if (!answer.ok) return;
    const { problems, objects, lines, undo } = answer.value;
    editor.current?.showProblems(problems);
    if (dryRun) {
      if (problems.length === 0)
        onDryRun({ command, report: answer.value, request: request(text, false) });
      return;
    }
    if (undo !== undefined) onDone(summaryOf(objects, lines), undo);
    if (problems.length > 0) return;
    if (undo === undefined) onTell('good', summaryOf(objects, lines));
    isDone.current = true;
    onClose();
  }

  const latest = useRef({ checkNow, run, edited });
  latest.current = { checkNow, run, edited };

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOpen = true;
    const start = loaded?.text ?? kept.text;
    import('./code-editor.js').then(
      ({ openEditor }) => {
        if (!isOpen || host.current === null) return;
        const made = openEditor(host.current, start, {
          onText: () => {
            clearTimeout(timer);
            timer = setTimeout(() => latest.current.checkNow(), CHECK_AFTER_MS);
          },
          onApply: () => latest.current.run('apply', false),
        });
        editor.current = made;
        made.focus();
        setReady(true);
        latest.current.checkNow();
      },
      () => setError(EDITOR.notLoaded),
    );
    return () => {
      isOpen = false;
      clearTimeout(timer);
      if (editor.current !== undefined)
        kept = {
          text: editor.current.text(),
          loaded: isDone.current ? undefined : latest.current.edited,
        };
      editor.current?.destroy();
      editor.current = undefined;
    };
  }, [loaded]);

  async function take(files: readonly File[]) {
    const texts = await Promise.all(files.map((file) => file.text()));
    if (texts.length === 0) return;
    setEdited(undefined);
    editor.current?.setText(texts.join('\n---\n'));
  }

  function drop(event: DragEvent) {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    take([...event.dataTransfer.files]);
  }

  const title =
    edited === undefined ? EDITOR.title : EDITOR.editing(`${edited.kind}/${edited.name}`);
  return (
    <dialog ref={dialog} className="apply" onClose={onClose} aria-label={EDITOR.title}>
      <h2>{title}</h2>
      <div
        ref={host}
        className="editor"
        onDragOverCapture={(event) => event.preventDefault()}
        onDropCapture={drop}
      >
        {isReady ? null : <p className="muted">{EDITOR.loading}</p>}
      </div>
      <p className={`check-line ${check.startsWith('▲') ? 'bad' : 'muted'}`} role="status">
        {check} <span className="muted">{EDITOR.hint}</span>
      </p>
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={busy || !isReady}
          onClick={() => run('apply', false)}
        >
          {busy ? EDITOR.working : EDITOR.apply} <kbd>{EDITOR.applyKey}</kbd>
        </button>
        <button
          type="button"
          title={EDITOR.dryRunTitle}
          disabled={busy || !isReady}
          onClick={() => run('apply', true)}
        >
          {EDITOR.dryRun}
        </button>
        <button
          type="button"
          className="danger"
          disabled={busy || !isReady}
          title={EDITOR.deleteTitle}
          onClick={() => run('deleteManifest', true)}
        >
          {EDITOR.deleteThese}
        </button>
        <select
          aria-label={EDITOR.templateName}
          value=""
          onChange={(event) => {
            const found = TEMPLATES.find(({ name }) => name === event.target.value);
            setEdited(undefined);
            if (found !== undefined) editor.current?.setText(found.text);
            editor.current?.focus();
          }}
        >
          <option value="">{EDITOR.template}</option>
          {TEMPLATES.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <label className="file-button" title={EDITOR.drop}>
          {EDITOR.open}
          <input
            type="file"
            multiple
            accept=".yaml,.yml,.json"
            className="visually-hidden"
            onChange={(event) => take([...(event.target.files ?? [])])}
          />
        </label>
        <span className="spacer" />
        <button type="button" onClick={onClose}>
          {EDITOR.close}
        </button>
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {report === undefined ? null : (
        <Report
          report={report.value}
          isDryRun={report.isDryRun}
          onGo={(problem) => editor.current?.goTo(problem)}
        />
      )}
    </dialog>
  );
}

function summaryOf(objects: ApplyReport['objects'], lines: readonly string[]): string {
  if (objects.length > 3) return `${objects.length} objects: ${countsOf(objects)}`;
  return lines.slice(0, 4).join(', ');
}

function countsOf(objects: ApplyReport['objects']): string {
  const counts = new Map<string, number>();
  for (const { outcome } of objects) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}
