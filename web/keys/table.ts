/** Where keys are heard: those of a narrower place come first there. */
export type Scope = 'page' | 'player' | 'graph' | 'map' | 'editor' | 'terminal';

/**
 * Every key of the page. `keys` are names of `KeyboardEvent.key`, with `Control+` before where that is held; a person
 * with a Mac holds Command. The list of keys shows this table, the page hears it, and a test says that no key has two
 * meanings in one place.
 */
export const KEYS = {
  help: { scope: 'page', keys: ['?'] },
  apply: { scope: 'page', keys: ['e'] },
  send: { scope: 'page', keys: ['s'] },
  find: { scope: 'page', keys: ['/'] },
  dock: { scope: 'page', keys: ['d'] },
  theme: { scope: 'page', keys: ['t'] },
  traffic: { scope: 'page', keys: ['l'] },
  undo: { scope: 'page', keys: ['Control+z'] },
  escape: { scope: 'page', keys: ['Escape'] },
  play: { scope: 'player', keys: [' '] },
  back: { scope: 'player', keys: ['ArrowLeft'] },
  on: { scope: 'player', keys: ['ArrowRight'] },
  placeBefore: { scope: 'player', keys: ['['] },
  placeNext: { scope: 'player', keys: [']'] },
  first: { scope: 'player', keys: ['Home'] },
  last: { scope: 'player', keys: ['End'] },
  octets: { scope: 'player', keys: ['o'] },
  compare: { scope: 'player', keys: ['c'] },
  choice: { scope: 'player', keys: ['1', '2', '3', '4'] },
  reveal: { scope: 'player', keys: ['r'] },
  skip: { scope: 'player', keys: ['k'] },
  neighbour: { scope: 'graph', keys: ['ArrowLeft', 'ArrowUp', 'ArrowDown', 'ArrowRight'] },
  details: { scope: 'graph', keys: ['Enter'] },
  mapNeighbour: { scope: 'map', keys: ['ArrowLeft', 'ArrowUp', 'ArrowDown', 'ArrowRight'] },
  mapInOut: { scope: 'map', keys: [' '] },
  mapDetails: { scope: 'map', keys: ['Enter'] },
  mapFold: { scope: 'map', keys: ['o'] },
  mapLarger: { scope: 'map', keys: ['+', '='] },
  mapSmaller: { scope: 'map', keys: ['-'] },
  mapAll: { scope: 'map', keys: ['0'] },
  editorApply: { scope: 'editor', keys: ['Control+Enter'] },
  editorComplete: { scope: 'editor', keys: ['Control+ '] },
  editorTab: { scope: 'editor', keys: ['Control+m'] },
  terminalLeave: { scope: 'terminal', keys: ['F6'] },
  terminalClose: { scope: 'terminal', keys: ['Delete'] },
  terminalCopy: { scope: 'terminal', keys: ['Control+Shift+C'] },
} as const satisfies Record<string, { readonly scope: Scope; readonly keys: readonly string[] }>;

/** A row of the table. */
export type KeyName = keyof typeof KEYS;

/** What of a key press decides. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The row of a scope that a press means; undefined for other presses. */
export function keyPressed(scope: Scope, press: Press): KeyName | undefined {
  if (press.altKey) return undefined;
  const control = press.ctrlKey || press.metaKey;
  const name = `${control ? 'Control+' : ''}${press.key}`;
  return keyNames().find(
    (row) => KEYS[row].scope === scope && KEYS[row].keys.some((key) => key === name),
  );
}

/** All rows, in the order of the table. */
export function keyNames(): readonly KeyName[] {
  return Object.keys(KEYS) as KeyName[];
}

/** Whether a row is a plain sign, which speech input and clumsy fingers press by mistake (WCAG 2.1.4). */
export function isSingle(name: KeyName): boolean {
  return KEYS[name].keys.every((key) => key.length === 1 && key !== ' ');
}
