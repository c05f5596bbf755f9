import { useEffect, useRef, useState } from 'react';
import type { ApplyReport } from '../../server/contract/live.js';
import type { LiveStore } from '../state/live-store.js';

interface Props {
  readonly store: LiveStore;
  readonly onClose: () => void;
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

/** Takes manifests as text or files, applies or deletes them, and shows every problem with its line. */
export function ApplyDialog({ store, onClose }: Props) {
  const [text, setText] = useState(EXAMPLE);
  const [report, setReport] = useState<ApplyReport>();
  const [error, setError] = useState<string>();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => dialog.current?.showModal(), []);

  async function run(command: 'apply' | 'deleteManifest') {
    const answer = await store.command(command, { text });
    setReport(answer.ok ? answer.value : undefined);
    setError(answer.ok ? undefined : answer.error);
  }

  return (
    <dialog ref={dialog} className="apply" onClose={onClose} aria-label="Apply manifest">
      <h2>Apply a manifest</h2>
      <textarea
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={async (event) => {
          event.preventDefault();
          const texts = await Promise.all([...event.dataTransfer.files].map((file) => file.text()));
          if (texts.length > 0) setText(texts.join('\n---\n'));
        }}
        aria-label="Manifest in YAML or JSON; files may be dropped here"
      />
      <div className="row">
        <button type="button" className="primary" onClick={() => run('apply')}>
          apply
        </button>
        <button type="button" className="danger" onClick={() => run('deleteManifest')}>
          delete these objects
        </button>
        <span className="muted">files may be dropped into the text</span>
        <span className="spacer" />
        <button type="button" onClick={onClose}>
          close
        </button>
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {report === undefined ? null : (
        <div className="report" role="status">
          {report.lines.map((line) => (
            <p key={line} className="good">
              {line}
            </p>
          ))}
          {report.problems.map((problem) => (
            <p key={`${problem.line} ${problem.message}`} className="error">
              <b>
                line {problem.line}:{problem.column}
              </b>{' '}
              {problem.message}
              {problem.hint === undefined ? null : <em> {problem.hint}</em>}
            </p>
          ))}
        </div>
      )}
    </dialog>
  );
}
