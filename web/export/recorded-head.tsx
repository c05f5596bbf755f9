import { HelpButton } from '../keys/help-button.js';
import { ThemeMenu } from '../toolbar/theme-menu.js';
import { fileNameOf, octetsOf, saveFile } from '../trace/save.js';
import type { Recording } from './recording.js';
import { RECORDED } from './words.js';

const KEYS_HERE = ['player', 'graph', 'map'] as const;

/** What the author wrote, where it comes from, and what can be taken out of the file. */
export function RecordedHead({ recording }: { readonly recording: Recording }) {
  const { title, description, cluster, journey, capture, recordedAt } = recording;
  const name = fileNameOf(title);
  const paragraphs = description.split(/\n\s*\n/).filter((text) => text.trim() !== '');
  return (
    <header className="recorded-head">
      <div className="recorded-bar">
        <strong className="brand">{RECORDED.brand}</strong>
        <h1>{title}</h1>
        <span className="muted recorded-facts">
          {cluster === undefined
            ? ''
            : `${RECORDED.facts(cluster.name, cluster.version, cluster.network)} · `}
          {RECORDED.recorded(recordedAt.slice(0, 19).replace('T', ' '))}
        </span>
        <span className="spacer" />
        {capture === '' ? null : (
          <button
            type="button"
            title={RECORDED.captureHint}
            onClick={() =>
              saveFile(`${name}.pcapng`, 'application/octet-stream', octetsOf(capture))
            }
          >
            {RECORDED.capture}
          </button>
        )}
        <button
          type="button"
          title={RECORDED.jsonHint}
          onClick={() =>
            saveFile(`${name}.json`, 'application/json', JSON.stringify(journey, undefined, 2))
          }
        >
          {RECORDED.json}
        </button>
        <button type="button" title={RECORDED.printHint} onClick={() => window.print()}>
          {RECORDED.print}
        </button>
        <ThemeMenu />
        <HelpButton scopes={KEYS_HERE} />
      </div>
      {paragraphs.length === 0 ? null : (
        <section className="recorded-text" aria-label={RECORDED.about}>
          {paragraphs.map((text, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the text of a file does not change
            <p key={index}>{text}</p>
          ))}
        </section>
      )}
    </header>
  );
}
