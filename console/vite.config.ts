import { defineConfig } from 'vite'

/** Built into dist/, where `src/http/console.ts` reads it. Addresses are relative: a proxy may put a path before them. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    // Files, never data: addresses in scripts and styles: the page's policy allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
})
