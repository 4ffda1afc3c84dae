import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The pages go to ASSAY_WEB_OUT, or dist, where a program of this tree finds them. `npm run dev` asks a running server for the API.
export default defineConfig({
  plugins: [svelte()],
  base: '/',
  build: {
    outDir: process.env.ASSAY_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': process.env.ASSAY_WEB_SERVER ?? 'http://127.0.0.1:8896' } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
