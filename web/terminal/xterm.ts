/** The emulator, loaded when the first terminal opens. */
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { onTheme, themeScale } from '../state/theme.js';
import type { Screen } from './shell.js';

/** What a mounted terminal is told and tells. */
export interface MountOptions {
  readonly label: string;
  readonly screenReader: boolean;
  readonly onInput: (text: string) => void;
  readonly onResize: (columns: number, rows: number) => void;
  /** F6: the keyboard goes elsewhere. */
  readonly onLeave: () => void;
}

/** A terminal on the page. */
export interface Mounted {
  readonly screen: Screen;
  focus(): void;
  setScreenReader(on: boolean): void;
  dispose(): void;
}

const SCROLLBACK_LINES = 5000;
/** In CSS pixels, where the theme shows nothing larger. */
const FONT_PX = 13;
/** Contrast of text that WCAG asks for (AA). */
const CONTRAST = 4.5;

/** Puts a terminal into an element; it fills it and follows its size. */
export function mountTerminal(parent: HTMLElement, options: MountOptions): Mounted {
  const styles = getComputedStyle(parent);
  const terminal = new Terminal({
    allowProposedApi: false,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily: styles.fontFamily,
    fontSize: FONT_PX * themeScale(),
    minimumContrastRatio: CONTRAST,
    screenReaderMode: options.screenReader,
    scrollback: SCROLLBACK_LINES,
    theme: coloursOf(parent),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(parent);
  terminal.textarea?.setAttribute('aria-label', options.label);
  terminal.attachCustomKeyEventHandler((event) => isForShell(event, terminal, options.onLeave));
  terminal.onData(options.onInput);
  terminal.onResize(({ cols, rows }) => options.onResize(cols, rows));
  // Keys typed here are the shell's: they must not step through a trace or close what is selected.
  const keep = (event: KeyboardEvent): void => event.stopPropagation();
  parent.addEventListener('keydown', keep);
  const fitNow = (): void => {
    if (parent.clientWidth > 0 && parent.clientHeight > 0) fit.fit();
  };
  fitNow();
  const sizes = new ResizeObserver(fitNow);
  sizes.observe(parent);
  const paint = (): void => {
    terminal.options.theme = coloursOf(parent);
    terminal.options.fontSize = FONT_PX * themeScale();
    fitNow();
  };
  const forget = onTheme(paint);
  return {
    screen: {
      write: (octets) => terminal.write(octets),
      get columns() {
        return terminal.cols;
      },
      get rows() {
        return terminal.rows;
      },
    },
    focus: () => terminal.focus(),
    setScreenReader: (on) => {
      terminal.options.screenReaderMode = on;
    },
    dispose: () => {
      parent.removeEventListener('keydown', keep);
      sizes.disconnect();
      forget();
      terminal.dispose();
    },
  };
}

/** False for keys that the page takes: leaving, copying and pasting. */
function isForShell(event: KeyboardEvent, terminal: Terminal, leave: () => void): boolean {
  if (event.key === 'F6') {
    event.preventDefault();
    if (event.type === 'keydown') leave();
    return false;
  }
  const control = event.ctrlKey || event.metaKey;
  const letter = event.key.toLowerCase();
  if (control && letter === 'v') return false;
  if (control && event.shiftKey && letter === 'c') {
    event.preventDefault();
    if (event.type === 'keydown' && terminal.hasSelection()) document.execCommand('copy');
    return false;
  }
  return true;
}

/** Colours of the page around it. */
function coloursOf(parent: HTMLElement): ITheme {
  const { backgroundColor, color } = getComputedStyle(parent);
  return { background: backgroundColor, foreground: color, cursor: color };
}
