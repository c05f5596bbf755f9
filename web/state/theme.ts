import { useSyncExternalStore } from 'react';
import { writeStored } from './stored.js';

/** Looks of the page. `projector` is for a beamer in a bright room: large, thick, black on white. */
export const THEMES = ['system', 'light', 'dark', 'projector'] as const;

/** One of the looks. */
export type Theme = (typeof THEMES)[number];

/** A theme by its name; undefined for any other text. */
export function themeOf(name: unknown): Theme | undefined {
  return THEMES.find((theme) => theme === name);
}

/** The look at this moment: it stands on the root element, where `public/theme.js` put it before the first paint. */
export function currentTheme(): Theme {
  return themeOf(document.documentElement.dataset.theme) ?? 'system';
}

/** How much larger than usual things are shown: what the style sheet says of the theme. */
export function themeScale(): number {
  const scale = getComputedStyle(document.documentElement).getPropertyValue('--scale');
  return Number.parseFloat(scale) || 1;
}

/** Shows another look and keeps it; what the link asked for has had its time. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  writeStored('theme', theme);
  const parts = new URLSearchParams(location.hash.slice(1));
  if (!parts.has('theme')) return;
  parts.delete('theme');
  history.replaceState(null, '', `${location.pathname}${location.search}#${parts}`);
}

/** Calls back when the look is another one, also when the system's is. */
export function onTheme(changed: () => void): () => void {
  const attribute = new MutationObserver(changed);
  attribute.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', changed);
  const linked = () => {
    const theme = themeOf(new URLSearchParams(location.hash.slice(1)).get('theme'));
    if (theme !== undefined) document.documentElement.dataset.theme = theme;
  };
  window.addEventListener('hashchange', linked);
  return () => {
    attribute.disconnect();
    dark.removeEventListener('change', changed);
    window.removeEventListener('hashchange', linked);
  };
}

/** The look for a part of the page that draws it. */
export function useTheme(): Theme {
  return useSyncExternalStore(onTheme, currentTheme);
}
