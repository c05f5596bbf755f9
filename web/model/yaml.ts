/** The text of a JSON document as YAML; text that is no JSON stays as it is. */
export function yamlOf(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return lines(value, '').join('\n');
  } catch {
    return json;
  }
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => itemLines(item, indent));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => entryLines(key, inner, indent));
  }
  return [`${indent}${scalar(value, indent)}`];
}

function entryLines(key: string, value: unknown, indent: string): string[] {
  const name = `${indent}${plain(key) ? key : JSON.stringify(key)}:`;
  if (isEmpty(value) || typeof value !== 'object' || value === null) {
    return [`${name} ${scalar(value, indent)}`];
  }
  return [name, ...lines(value, Array.isArray(value) ? indent : `${indent}  `)];
}

function itemLines(item: unknown, indent: string): string[] {
  if (isEmpty(item) || typeof item !== 'object' || item === null) {
    return [`${indent}- ${scalar(item, indent)}`];
  }
  const [first = '', ...rest] = lines(item, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function scalar(value: unknown, indent: string): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  if (typeof value !== 'string') return String(value);
  if (value.includes('\n') && !/^\s/.test(value)) {
    const chomp = value.endsWith('\n') ? '' : '-';
    const body = value.replace(/\n$/, '').split('\n');
    return `|${chomp}\n${body.map((line) => (line === '' ? '' : `${indent}  ${line}`)).join('\n')}`;
  }
  return plain(value) ? value : JSON.stringify(value);
}

/** True for text that YAML reads back as the same text without quotes. */
function plain(text: string): boolean {
  if (!/^[A-Za-z_/][\w./@ ()=,<>+%$-]*(:[\w./@-]+)*$/.test(text) || text.endsWith(' '))
    return false;
  return !/^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text);
}
