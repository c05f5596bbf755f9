// Builds the page that plays a recording without a server: one HTML file with its script and styles in it, into which
// the page and the command line put a recording.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'vite';

const OUT = 'dist/web/recording.html';

/** Bundles the entry; gives its script and its styles. */
async function bundle() {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    root: 'web',
    publicDir: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    esbuild: { jsx: 'automatic', legalComments: 'none' },
    build: {
      write: false,
      target: 'es2022',
      cssCodeSplit: false,
      lib: { entry: 'export/main.tsx', formats: ['iife'], name: 'podnetRecording' },
    },
  });
  const { output } = [result].flat()[0];
  const script = output.find((part) => part.type === 'chunk').code;
  const style = output.find((part) => part.fileName.endsWith('.css')).source;
  return { script, style: String(style) };
}

/** The source of a Content-Security-Policy that allows exactly this text. */
function hashOf(text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The template, with the marks of `web/export/recording.ts` where title and recording go. */
export async function buildRecording() {
  const { script, style } = await bundle();
  // Inside a script element these would end it, or begin a comment.
  const code = script
    .trim()
    .replace(/<\/(script)/gi, '<\\/$1')
    .replaceAll('<!--', '\\x3c!--');
  const css = style.trim();
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(css)}`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title><!--podnet-title--></title>
<style>${css}</style>
</head>
<body>
<div id="app"></div>
<noscript>This page plays a recorded packet: it needs JavaScript, and nothing from a network.</noscript>
<script type="application/json" id="recording"><!--podnet-recording--></script>
<script>${code}</script>
</body>
</html>
`;
  mkdirSync('dist/web', { recursive: true });
  writeFileSync(OUT, html);
}

await buildRecording();
