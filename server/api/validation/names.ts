/** Rules for names, with upstream's texts (apimachinery, `util/validation`). Each gives what is wrong, or nothing. */

const LABEL_PATTERN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_PATTERN = `${LABEL_PATTERN}(\\.${LABEL_PATTERN})*`;
const LABEL_1035_PATTERN = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_PATTERN = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE_PATTERN = `(${QUALIFIED_PATTERN})?`;
const ENV_PATTERN = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const CONFIG_KEY_PATTERN = '[-._a-zA-Z0-9]+';

/** No name may be longer; longer texts are not matched, since matching takes time that grows with the square of length. */
const MAX_MATCHED = 1024;

interface Pattern {
  test(text: string): boolean;
}

function whole(pattern: string): Pattern {
  const expression = new RegExp(`^${pattern}$`);
  return { test: (text) => text.length <= MAX_MATCHED && expression.test(text) };
}

const LABEL = whole(LABEL_PATTERN);
const SUBDOMAIN = whole(SUBDOMAIN_PATTERN);
const LABEL_1035 = whole(LABEL_1035_PATTERN);
const QUALIFIED = whole(QUALIFIED_PATTERN);
const LABEL_VALUE = whole(LABEL_VALUE_PATTERN);
const ENV = whole(ENV_PATTERN);
const CONFIG_KEY = whole(CONFIG_KEY_PATTERN);
const WILDCARD = whole(`\\*\\.${SUBDOMAIN_PATTERN}`);

const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;

function regexText(text: string, pattern: string, ...examples: readonly string[]): string {
  const quoted = examples.map((one) => `'${one}'`);
  const eg = quoted.length === 0 ? '' : `e.g. ${quoted.join(',  or ')}, `;
  return `${text} (${eg}regex used for validation is '${pattern}')`;
}

function atMost(text: string, max: number): string[] {
  return text.length > max ? [`must be no more than ${max} characters`] : [];
}

/** RFC 1123 label: at most 63 of `a-z0-9-`, letter or digit at both ends. */
export function checkDns1123Label(text: string): readonly string[] {
  if (LABEL.test(text)) return atMost(text, MAX_LABEL);
  return [
    ...atMost(text, MAX_LABEL),
    regexText(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
      LABEL_PATTERN,
      'my-name',
      '123-abc',
    ),
  ];
}

/** RFC 1123 subdomain: labels joined by dots, at most 253. */
export function checkDns1123Subdomain(text: string): readonly string[] {
  if (SUBDOMAIN.test(text)) return atMost(text, MAX_SUBDOMAIN);
  return [
    ...atMost(text, MAX_SUBDOMAIN),
    regexText(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      SUBDOMAIN_PATTERN,
      'example.com',
    ),
  ];
}

/** RFC 1035 label, as Services have: like RFC 1123, but starting with a letter. */
export function checkDns1035Label(text: string): readonly string[] {
  if (LABEL_1035.test(text)) return atMost(text, MAX_LABEL);
  return [
    ...atMost(text, MAX_LABEL),
    regexText(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      LABEL_1035_PATTERN,
      'my-name',
      'abc-123',
    ),
  ];
}

/** A host with a leading `*.`. */
export function checkWildcardSubdomain(text: string): readonly string[] {
  if (WILDCARD.test(text)) return atMost(text, MAX_SUBDOMAIN);
  return [
    ...atMost(text, MAX_SUBDOMAIN),
    regexText(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      `\\*\\.${SUBDOMAIN_PATTERN}`,
      '*.example.com',
    ),
  ];
}

/** The key of a label: an optional DNS prefix and a slash, then a name of at most 63. */
export function checkQualifiedName(text: string): readonly string[] {
  const parts = text.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${regexText("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED_PATTERN, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const name = parts.at(-1) ?? '';
  const [prefix] = parts;
  if (parts.length === 2 && prefix !== undefined) {
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...checkDns1123Subdomain(prefix).map((one) => `prefix part ${one}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > MAX_LABEL)
    problems.push(`name part must be no more than ${MAX_LABEL} characters`);
  if (!QUALIFIED.test(name)) {
    problems.push(
      `name part ${regexText("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED_PATTERN, 'MyName', 'my.name', '123-abc')}`,
    );
  }
  return problems;
}

/** The value of a label. */
export function checkLabelValue(text: string): readonly string[] {
  if (LABEL_VALUE.test(text)) return atMost(text, MAX_LABEL);
  return [
    ...atMost(text, MAX_LABEL),
    regexText(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      LABEL_VALUE_PATTERN,
      'MyValue',
      'my_value',
      '12345',
    ),
  ];
}

/** The name of a port: an IANA service name of at most 15. */
export function checkPortName(text: string): readonly string[] {
  const problems: string[] = [];
  if (text.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(text))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)');
  if (text.includes('--')) problems.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-'))
    problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A port from 1 to 65535. */
export function checkPortNumber(port: unknown): readonly string[] {
  const fine = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535;
  return fine ? [] : ['must be between 1 and 65535, inclusive'];
}

/**
 * The name of an environment variable.
 *
 * Fidelity: the rule before RelaxedEnvironmentVariableValidation became the default.
 */
export function checkEnvName(text: string): readonly string[] {
  const problems: string[] = [];
  if (!ENV.test(text)) {
    problems.push(
      regexText(
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
        ENV_PATTERN,
        'my.env-name',
        'MY_ENV.NAME',
        'MyEnvName1',
      ),
    );
  }
  return [...problems, ...checkNoDots(text)];
}

/** The key of a ConfigMap or Secret. */
export function checkConfigKey(text: string): readonly string[] {
  const problems = atMost(text, MAX_SUBDOMAIN);
  if (!CONFIG_KEY.test(text)) {
    problems.push(
      regexText(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY_PATTERN,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  return [...problems, ...checkNoDots(text)];
}

function checkNoDots(text: string): string[] {
  if (text === '.') return ["must not be '.'"];
  if (text === '..') return ["must not be '..'"];
  return text.startsWith('..') ? ["must not start with '..'"] : [];
}

/** A name that stands as one segment in a path, as RBAC objects have. */
export function checkPathSegment(text: string): readonly string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%']
    .filter((illegal) => text.includes(illegal))
    .map((illegal) => `may not contain '${illegal}'`);
}
