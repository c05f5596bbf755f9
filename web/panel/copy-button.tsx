import { useEffect, useState } from 'react';
import { COPY } from './words.js';

/** Copies a text; says for a moment that it did. */
export function CopyButton({ text }: { readonly text: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className="copy"
      onClick={async () => {
        setDone(await copyText(text));
      }}
    >
      {done ? COPY.done : COPY.button}
    </button>
  );
}

/** The clipboard of the browser is only there on https and localhost; elsewhere the old way is tried. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
