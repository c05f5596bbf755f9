import { memo, type ReactNode } from 'react';
import type { DetailSection } from '../../server/contract/live.js';
import { yamlOf } from '../model/yaml.js';
import { useStoredSwitch } from '../state/stored.js';
import { CopyButton } from './copy-button.js';
import { ScrollBox } from './scroll-box.js';
import { DETAILS } from './words.js';

/** Sections that most people want to see without a click. */
const OPEN_AT_FIRST =
  /^(Pod|Containers|Conditions|Namespaces|Ports?|Message queues|Use a queue|Shared memory|What if|Object|Routes|Sockets|Machine|Service|Endpoints|Cable|Link|Events|Devices|How it|Traffic)/;

/** A part of the panel that opens and closes, and stays so for every pod and every visit. */
export function Section(props: {
  readonly title: string;
  readonly note?: string;
  readonly children: ReactNode;
}) {
  const name = props.title.replace(/ \(.*\)$/, '');
  const [open, setOpen] = useStoredSwitch(`section.${name}`, OPEN_AT_FIRST.test(name));
  return (
    <details
      className="section"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {props.title}
        {props.note === undefined ? null : <span className="count">{props.note}</span>}
      </summary>
      {open ? props.children : null}
    </details>
  );
}

/** One section as the server describes it; drawn anew only when its content is different. */
export const DetailSectionView = memo(
  function DetailSectionView({ section }: { readonly section: DetailSection }) {
    const note = section.kind === 'table' ? { note: String(section.rows.length) } : {};
    return (
      <Section title={titleOf(section)} {...note}>
        <SectionBody section={section} />
      </Section>
    );
  },
  (before, after) => JSON.stringify(before) === JSON.stringify(after),
);

/** What stands in a section, without its heading. */
export function SectionBody({ section }: { readonly section: DetailSection }) {
  switch (section.kind) {
    case 'facts':
      return (
        <dl>
          {section.rows.map(([name, value]) => (
            <div key={name} className={name.startsWith('not ') ? 'unmet' : ''}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      );
    case 'table':
      return <SectionTable section={section} />;
    case 'text': {
      const { text } = shownText(section);
      return (
        <div className="text-block">
          <CopyButton text={text} />
          <ScrollBox as="pre" label={titleOf(section)}>
            {text}
          </ScrollBox>
        </div>
      );
    }
  }
}

function titleOf(section: DetailSection): string {
  return section.kind === 'text' ? shownText(section).title : section.title;
}

/** Objects come as JSON and are read as YAML, which is how they were written. */
function shownText(section: DetailSection & { kind: 'text' }): { title: string; text: string } {
  if (!section.title.includes('JSON')) return section;
  return { title: section.title.replace('JSON', 'YAML'), text: yamlOf(section.text) };
}

function SectionTable({ section }: { readonly section: DetailSection & { kind: 'table' } }) {
  const conflict = section.title.includes('conflict');
  return (
    <>
      {section.rows.length === 0 ? (
        <p className="muted">{DETAILS.none}</p>
      ) : (
        <ScrollBox className="scroll" label={section.title}>
          <table className={conflict ? 'conflict' : ''}>
            <thead>
              <tr>
                {section.columns.map((column) => (
                  <th key={column}>{column}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {withKeys(section.rows).map(({ key, row }) => (
                <tr key={key} className={toneOfRow(row)}>
                  {withKeys(row.map((cell) => [cell])).map((cell) => (
                    <td key={cell.key}>{cell.row[0]}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {section.note === undefined ? null : <p className="note">{section.note}</p>}
    </>
  );
}

function toneOfRow(row: readonly string[]): string {
  return row.some((cell) => cell === 'Warning' || /BackOff|^Err|Error/.test(cell)) ? 'bad-row' : '';
}

/** Rows with a key each; equal rows are told apart by how often they came before. */
function withKeys(rows: readonly (readonly string[])[]) {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const text = row.join('\u0000');
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return { key: `${count} ${text}`, row };
  });
}
