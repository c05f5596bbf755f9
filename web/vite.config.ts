import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // The page is served at / and at /clusters/NAME/; it finds its parts beside itself.
  base: './',
  build: { outDir: '../dist/web', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 900 },
  esbuild: { jsx: 'automatic' },
  server: { proxy: { '/socket.io': { target: 'http://127.0.0.1:8080', ws: true } } },
});
