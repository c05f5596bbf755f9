import { type FormEvent, useContext, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { usePage } from '../page.js';
import { useModal } from '../panel/use-modal.js';
import { LayoutKept } from '../state/layout-kept.js';
import { fileNameOf, saveFile } from '../trace/save.js';
import { SHARE } from '../trace/words.js';
import { gatherRecording, recordedPage } from './record.js';
import { RECORD } from './words.js';
import './record-dialog.css';

interface Props {
  readonly journey: Journey;
  readonly onClose: () => void;
}

const MAX_TITLE = 160;
const MAX_DESCRIPTION = 8000;

/** Asks what a file should be called and say, gathers the trace and saves it. */
export function RecordDialog({ journey, onClose }: Props) {
  const { store, live, playback, history, tell } = usePage();
  const places = useContext(LayoutKept);
  const dialog = useModal();
  const [title, setTitle] = useState(journey.title);
  const [description, setDescription] = useState('');
  const [withCapture, setCapture] = useState(true);
  const [atStep, setAtStep] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const recording = await gatherRecording(store, {
      title: title.trim() || journey.title,
      description: description.trim(),
      withCapture,
      journey,
      graph: history.graphOf(journey) ?? live,
      live,
      places: places.current,
      filter: playback.filter,
      frame: atStep ? playback.frame : undefined,
    });
    const page = recording.ok ? await recordedPage(recording.value) : recording;
    setBusy(false);
    if (!page.ok) {
      setError(page.error);
      return;
    }
    const name = `${fileNameOf(title)}.html`;
    saveFile(name, 'text/html', page.value);
    tell('good', SHARE.saved(name));
    dialog.current?.close();
  }

  return (
    <dialog ref={dialog} className="record-dialog" aria-label={RECORD.title} onClose={onClose}>
      <form onSubmit={save}>
        <h2>{RECORD.title}</h2>
        <p className="muted">{RECORD.help}</p>
        <label htmlFor="record-title">{RECORD.name}</label>
        <input
          id="record-title"
          value={title}
          maxLength={MAX_TITLE}
          onChange={(event) => setTitle(event.target.value)}
        />
        <label htmlFor="record-description">{RECORD.description}</label>
        <textarea
          id="record-description"
          rows={5}
          value={description}
          maxLength={MAX_DESCRIPTION}
          placeholder={RECORD.descriptionHint}
          onChange={(event) => setDescription(event.target.value)}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={withCapture}
            onChange={(event) => setCapture(event.target.checked)}
          />
          {RECORD.capture}
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={atStep}
            onChange={(event) => setAtStep(event.target.checked)}
          />
          {RECORD.beginsHere}
        </label>
        {error === undefined ? null : (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <div className="row">
          <span className="spacer" />
          <button type="button" onClick={() => dialog.current?.close()}>
            {RECORD.close}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {busy ? RECORD.saving : RECORD.save}
          </button>
        </div>
      </form>
    </dialog>
  );
}
