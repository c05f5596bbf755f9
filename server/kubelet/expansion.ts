/**
 * Replaces `$(NAME)` as Kubernetes does in commands, arguments and variables: `$$` is a dollar sign, and a name that is not
 * known stays as it was written.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  let out = '';
  let index = 0;
  while (index < text.length) {
    const char = text[index];
    const next = text[index + 1];
    if (char !== '$' || next === undefined) {
      out += char;
      index++;
    } else if (next === '$') {
      out += '$';
      index += 2;
    } else if (next === '(') {
      const end = text.indexOf(')', index + 2);
      if (end === -1) {
        out += '$(';
        index += 2;
      } else {
        const name = text.slice(index + 2, end);
        out += lookup(name) ?? `$(${name})`;
        index = end + 1;
      }
    } else {
      out += `$${next}`;
      index += 2;
    }
  }
  return out;
}
