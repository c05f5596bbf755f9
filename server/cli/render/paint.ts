/** How text is written to a terminal or a file. */
export interface Paper {
  /** Columns before a line is wrapped; undefined when lines are left as they are. */
  readonly columns: number | undefined;
  readonly colour: boolean;
}

const NARROWEST = 60;
const WIDEST = 120;
const UNKNOWN_WIDTH = 100;

const ESCAPES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** A colour or weight of text. */
export type Ink = keyof typeof ESCAPES;

/** The paper that a stream is: colours for a terminal only, and not where NO_COLOR is set (no-color.org). */
export function paperOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Paper {
  const plain = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  const terminal = stream.isTTY === true;
  return {
    columns: Math.min(
      WIDEST,
      Math.max(NARROWEST, terminal ? stream.columns || UNKNOWN_WIDTH : UNKNOWN_WIDTH),
    ),
    colour: terminal && !plain && env.TERM !== 'dumb',
  };
}

/** Text in a colour, where the paper takes colours. */
export function paint(paper: Paper, ink: Ink, text: string): string {
  return paper.colour ? `\u001b[${ESCAPES[ink]}m${text}\u001b[0m` : text;
}

/** Breaks a text at blanks into lines that fit; lines after the first begin with the indent. */
export function wrap(paper: Paper, text: string, indent: number): string[] {
  const { columns } = paper;
  if (columns === undefined || text.length <= columns) return [text];
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const lead = lines.length === 0 ? text.length - text.trimStart().length : indent;
    if (line !== '' && lead + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  const first = text.slice(0, text.length - text.trimStart().length);
  return lines.map((part, index) => ((index === 0 ? first : margin) + part).trimEnd());
}
