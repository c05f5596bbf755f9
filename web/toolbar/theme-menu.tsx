import { useKeys } from '../keys/use-keys.js';
import { Menu } from '../panel/menu.js';
import { setTheme, THEMES, useTheme } from '../state/theme.js';
import { THEME } from './words.js';

/** Chooses how the page looks; the choice is kept in this browser. */
export function ThemeMenu() {
  const chosen = useTheme();
  useKeys('page', {
    theme: () => setTheme(THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? 'system'),
  });
  return (
    <Menu button="◐" label={THEME.title} className="themes">
      {() => (
        <fieldset aria-label={THEME.title}>
          {THEMES.map((theme) => (
            <label key={theme}>
              <input
                type="radio"
                name="theme"
                value={theme}
                checked={theme === chosen}
                onChange={() => setTheme(theme)}
              />
              <b>{THEME.names[theme]}</b>
              <span className="muted">{THEME.hints[theme]}</span>
            </label>
          ))}
        </fieldset>
      )}
    </Menu>
  );
}
