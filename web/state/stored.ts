import { useCallback, useState } from 'react';

/** Reads what this browser's user chose before; undefined when nothing is kept. */
export function readStored(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(`podnet.${key}`) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a choice; a browser that refuses storage forgets it at the end of the visit. */
export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(`podnet.${key}`, JSON.stringify(value));
  } catch {
    // Private windows may refuse; the page works without.
  }
}

/** A yes or no that is kept between visits. */
export function useStoredSwitch(key: string, initially: boolean): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => {
    const stored = readStored(key);
    return typeof stored === 'boolean' ? stored : initially;
  });
  const set = useCallback(
    (value: boolean) => {
      setOn(value);
      writeStored(key, value);
    },
    [key],
  );
  return [on, set];
}

/** One of several, kept between visits. */
export function useStoredChoice<Choice extends string>(
  key: string,
  choices: readonly Choice[],
  initially: Choice,
): [Choice, (choice: Choice) => void] {
  const [choice, setChoice] = useState(() => {
    const stored = readStored(key);
    return choices.find((one) => one === stored) ?? initially;
  });
  const set = useCallback(
    (value: Choice) => {
      setChoice(value);
      writeStored(key, value);
    },
    [key],
  );
  return [choice, set];
}
