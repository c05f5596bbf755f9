/** A mistake in a file, at a path such as `topology.routes[3].via`. */
export interface Problem {
  readonly path: string;
  /** What must be true, and what was there instead. */
  readonly message: string;
}

/** What checking a document gathers. */
export interface Findings {
  readonly problems: Problem[];
  /** Paths of what is carried along without a meaning. */
  readonly ignored: Set<string>;
}

/** Checks a value and reports every mistake in it. */
export type Check = (value: unknown, path: string, findings: Findings) => void;

/** A field that may be absent. */
export interface Optional {
  readonly optional: Check;
}

/** A check for each field of a type. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Check | Optional };

/** Marks a field that may be absent. */
export function optional(check: Check): Optional {
  return { optional: check };
}

/** Text that is not empty. */
export const text: Check = (value, path, { problems }) => {
  if (typeof value !== 'string' || value === '') {
    problems.push({ path, message: `must be text, not ${shown(value)}` });
  }
};

/** Text that may be empty. */
export const anyText: Check = (value, path, { problems }) => {
  if (typeof value !== 'string') {
    problems.push({ path, message: `must be text, not ${shown(value)}` });
  }
};

/** true or false. */
export const truth: Check = (value, path, { problems }) => {
  if (typeof value !== 'boolean') {
    problems.push({ path, message: `must be true or false, not ${shown(value)}` });
  }
};

/** Anything. */
export const anything: Check = () => undefined;

/** A whole number within limits, both inclusive. */
export function whole(from: number, to: number = Number.MAX_SAFE_INTEGER): Check {
  const range = to === Number.MAX_SAFE_INTEGER ? `of at least ${from}` : `from ${from} to ${to}`;
  return (value, path, { problems }) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to)
      return;
    problems.push({ path, message: `must be a whole number ${range}, not ${shown(value)}` });
  };
}

/** Text for which a reader finds no fault; the reader gives what must be true. */
export function textThat(fault: (value: string) => string | undefined): Check {
  return (value, path, findings) => {
    if (typeof value !== 'string' || value === '') {
      text(value, path, findings);
      return;
    }
    const message = fault(value);
    if (message !== undefined) findings.problems.push({ path, message });
  };
}

/** One of some values. */
export function oneOf(choices: readonly (string | number | boolean)[]): Check {
  return (value, path, { problems }) => {
    if (choices.some((choice) => choice === value)) return;
    problems.push({ path, message: `must be one of ${choices.join(', ')}, not ${shown(value)}` });
  };
}

/** A value that one of two checks accepts; the first one's words are reported. */
export function either(first: Check, second: Check): Check {
  return (value, path, findings) => {
    const trial: Findings = { problems: [], ignored: new Set() };
    second(value, path, trial);
    if (trial.problems.length > 0) first(value, path, findings);
  };
}

/** A list of one kind. */
export function listOf(check: Check): Check {
  return (value, path, findings) => {
    if (!Array.isArray(value)) {
      findings.problems.push({ path, message: `must be a list, not ${shown(value)}` });
      return;
    }
    value.forEach((entry, index) => {
      check(entry, `${path}[${index}]`, findings);
    });
  };
}

/** A mapping from names to one kind. */
export function mapOf(check: Check): Check {
  return (value, path, findings) => {
    if (!isMapping(value)) {
      findings.problems.push({ path, message: `must be a mapping, not ${shown(value)}` });
      return;
    }
    for (const [key, entry] of Object.entries(value)) check(entry, `${path}.${key}`, findings);
  };
}

/** A mapping with the fields of a type; other keys are mistakes. */
export function recordOf<T>(fields: Fields<T>): Check {
  return record(fields, (path, key, { problems }) => {
    const known = Object.keys(fields).join(', ');
    problems.push({ path: join(path, key), message: `must not be there; keys here are ${known}` });
  });
}

/** A mapping with the fields of a type; other keys are noted. */
export function openRecordOf<T>(fields: Fields<T>): Check {
  return record(fields, (path, key, { ignored }) => {
    ignored.add(join(path, key).replaceAll(/\[\d+\]/g, '[]'));
  });
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}

/** Whether a value is a JSON object. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record<T>(
  fields: Fields<T>,
  unknownKey: (path: string, key: string, findings: Findings) => void,
): Check {
  const checks = Object.entries<Check | Optional>(fields);
  const names = new Set(checks.map(([name]) => name));
  return (value, path, findings) => {
    if (!isMapping(value)) {
      const message = `must be a mapping with ${[...names].join(', ')}, not ${shown(value)}`;
      findings.problems.push({ path, message });
      return;
    }
    for (const key of Object.keys(value)) if (!names.has(key)) unknownKey(path, key, findings);
    for (const [name, check] of checks) {
      const entry = value[name];
      if (typeof check === 'function') {
        if (entry === undefined) {
          findings.problems.push({ path: join(path, name), message: 'is required' });
        } else check(entry, join(path, name), findings);
      } else if (entry !== undefined) check.optional(entry, join(path, name), findings);
    }
  };
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
