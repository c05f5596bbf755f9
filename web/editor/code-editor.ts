import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension, Prec } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { ProblemLine } from '../../server/contract/acting.js';
import { placeAt } from '../model/yaml-place.js';
import { completeManifest, describeField, linesOf } from './completion.js';
import { SchemaSource } from './schema-source.js';
import { EDITOR } from './words.js';

/** An editor on the page. */
export interface CodeEditor {
  text(): string;
  setText(text: string): void;
  showProblems(problems: readonly ProblemLine[]): void;
  goTo(problem: Pick<ProblemLine, 'line' | 'column'>): void;
  focus(): void;
  destroy(): void;
}

/** What the page is told. */
export interface EditorEvents {
  onText(): void;
  onApply(): void;
}

/** Longest text whose syntax is coloured, in characters; a longer one is plain, so that typing stays quick. */
const COLOURED = 400_000;
/** How many problems are marked in the text. */
const MOST_MARKS = 200;

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: 'tok-key' },
  { tag: tags.string, class: 'tok-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'tok-number' },
  { tag: tags.comment, class: 'tok-comment' },
  { tag: [tags.meta, tags.separator, tags.labelName], class: 'tok-meta' },
]);

/** What every editor has: line numbers, history, folding, brackets. */
const BASICS: Extension = [
  lineNumbers(),
  highlightActiveLineGutter(),
  highlightActiveLine(),
  history(),
  foldGutter(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...lintKeymap,
  ]),
];

const source = new SchemaSource();

/** Opens an editor for manifests in an element. */
export function openEditor(parent: HTMLElement, text: string, events: EditorEvents): CodeEditor {
  const language = new Compartment();
  let coloured = text.length <= COLOURED;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            {
              key: 'Mod-Enter',
              run: () => {
                events.onApply();
                return true;
              },
            },
          ]),
        ),
        BASICS,
        keymap.of([indentWithTab, { key: 'Mod-i', run: startCompletion }]),
        language.of(coloured ? yaml() : []),
        indentUnit.of('  '),
        syntaxHighlighting(COLOURS),
        lintGutter(),
        autocompletion({ override: [completeManifest(source)], activateOnTyping: true }),
        hoverTooltip(describe),
        EditorView.contentAttributes.of({ 'aria-label': EDITOR.textName, spellcheck: 'false' }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          const wanted = update.state.doc.length <= COLOURED;
          if (wanted !== coloured) {
            coloured = wanted;
            queueMicrotask(() =>
              view.dispatch({ effects: language.reconfigure(coloured ? yaml() : []) }),
            );
          }
          events.onText();
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    setText: (next) =>
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    showProblems: (problems) =>
      view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state, problems))),
    goTo: (problem) => {
      const { from } = rangeOf(view.state, problem);
      view.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: 'center' }),
      });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function diagnosticsOf(state: EditorState, problems: readonly ProblemLine[]): Diagnostic[] {
  return problems
    .slice(0, MOST_MARKS)
    .map((problem) => ({
      ...rangeOf(state, problem),
      severity: 'error' as const,
      message:
        problem.hint === undefined ? problem.message : `${problem.message} — ${problem.hint}`,
    }))
    .sort((a, b) => a.from - b.from);
}

function rangeOf(state: EditorState, { line, column }: Pick<ProblemLine, 'line' | 'column'>) {
  const at = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  const start = Math.min(at.length, Math.max(0, column - 1));
  const word = /^[^\s:,]+/.exec(at.text.slice(start, start + 200))?.[0].length ?? 0;
  const from = at.from + start;
  return { from, to: Math.max(from, Math.min(at.to, from + Math.max(word, 1))) };
}

async function describe(view: EditorView, position: number) {
  const line = view.state.doc.lineAt(position);
  const key = /^(\s*(?:- +)*)([\w.-]+):/.exec(line.text);
  if (key === null) return null;
  const [, lead = '', field = ''] = key;
  const from = line.from + lead.length;
  if (position < from || position > from + field.length) return null;
  const place = placeAt(linesOf(view.state.doc), { line: line.number, column: lead.length });
  const found = await describeField(source, place, field);
  if (found === undefined) return null;
  return {
    pos: from,
    end: from + field.length,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'field-hover';
      const name = dom.appendChild(document.createElement('b'));
      name.textContent = `${field} `;
      const type = dom.appendChild(document.createElement('code'));
      type.textContent = found.type;
      dom.appendChild(document.createElement('p')).textContent = found.text;
      return { dom };
    },
  };
}
