import { unescapeAnsi } from './word-parser.js';

/** printf(1): the format is used again while arguments are left. */
export function formatPrintf(format: string, args: readonly string[]): string {
  let text = '';
  let at = 0;
  do {
    const before = at;
    text += unescapeAnsi(format).replace(
      /%%|%([-+ 0#]*)(\*|\d+)?(?:\.(\d+))?([a-zA-Z])/g,
      (
        whole,
        flags = '',
        width: string | undefined,
        precision: string | undefined,
        letter: string,
      ) => {
        if (whole === '%%') return '%';
        const widthValue = width === '*' ? Number(args[at++] ?? 0) : Number(width ?? 0);
        return pad(convert(letter, args[at++] ?? '', precision), {
          flags,
          width: widthValue,
          letter,
        });
      },
    );
    if (at === before) break;
  } while (at < args.length);
  return text;
}

function convert(letter: string, argument: string, precision: string | undefined): string {
  const digits = precision === undefined ? undefined : Number(precision);
  switch (letter) {
    case 'd':
    case 'i':
    case 'u':
      return String(Math.trunc(numberOf(argument))).padStart(digits ?? 0, '0');
    case 'x':
      return Math.trunc(numberOf(argument)).toString(16);
    case 'X':
      return Math.trunc(numberOf(argument)).toString(16).toUpperCase();
    case 'o':
      return Math.trunc(numberOf(argument)).toString(8);
    case 'f':
    case 'F':
      return numberOf(argument).toFixed(digits ?? 6);
    case 'e':
      return numberOf(argument).toExponential(digits ?? 6);
    case 'g':
      return String(numberOf(argument));
    case 'c':
      return argument.slice(0, 1);
    case 'b':
      return unescapeAnsi(argument);
    case 'q':
      return /^[\w@%+=:,./-]+$/.test(argument)
        ? argument
        : `'${argument.replaceAll("'", "'\\''")}'`;
    default:
      return digits === undefined ? argument : argument.slice(0, digits);
  }
}

function numberOf(text: string): number {
  if (/^['"]/.test(text)) return text.codePointAt(1) ?? 0;
  const value = Number(text.trim());
  return Number.isNaN(value) ? Number.parseFloat(text) || 0 : value;
}

function pad(
  text: string,
  how: { readonly flags: string; readonly width: number; readonly letter: string },
): string {
  const signed =
    how.flags.includes('+') && /[dif]/.test(how.letter) && !text.startsWith('-')
      ? `+${text}`
      : text;
  if (how.flags.includes('-')) return signed.padEnd(how.width);
  const zero = how.flags.includes('0') && !/[sc]/.test(how.letter);
  if (!zero) return signed.padStart(how.width);
  const negative = signed.startsWith('-');
  const digits = negative ? signed.slice(1) : signed;
  return `${negative ? '-' : ''}${digits.padStart(how.width - (negative ? 1 : 0), '0')}`;
}
