/** A POSIX basic regular expression as JavaScript writes it: `\(`, `\|`, `\+` have meaning, `(`, `|`, `+` have none. */
export function basicToExtended(pattern: string): string {
  return posixClasses(pattern).replace(
    /\\([(){}|+?])|([(){}|+?])/g,
    (_, escaped?: string, plain?: string) => (escaped !== undefined ? escaped : `\\${plain ?? ''}`),
  );
}

/** `[[:digit:]]` and its fellows. */
export function posixClasses(pattern: string): string {
  return pattern
    .replace(/\[:digit:\]/g, '0-9')
    .replace(/\[:alpha:\]/g, 'a-zA-Z')
    .replace(/\[:alnum:\]/g, 'a-zA-Z0-9')
    .replace(/\[:space:\]/g, '\\s')
    .replace(/\[:upper:\]/g, 'A-Z')
    .replace(/\[:lower:\]/g, 'a-z');
}
