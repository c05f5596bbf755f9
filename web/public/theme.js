// Before the first paint: the theme of the link, else the one chosen before, stands on the root element.
// The page's state/theme.ts goes on from there.
{
  const themes = ['system', 'light', 'dark', 'projector'];
  let stored;
  try {
    stored = JSON.parse(localStorage.getItem('podnet.theme'));
  } catch {
    // A browser that refuses storage shows the system's theme.
  }
  const linked = new URLSearchParams(location.hash.slice(1)).get('theme');
  document.documentElement.dataset.theme =
    themes.find((theme) => theme === linked) ??
    themes.find((theme) => theme === stored) ??
    'system';
}
