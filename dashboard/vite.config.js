import { defineConfig } from 'vite';

// Names are fixed, without digests: freeway builds the files in under their paths and has caches ask by ETag. What is imported
// only when it is needed is a file of its own, under its source's name: the charts, the playground, each language but English; so
// is the worker that all windows share.
// For working on the page: FREEWAY is a running gateway, FREEWAY_ADMIN_TOKEN its token where nobody signs in.
const gateway = process.env.FREEWAY ?? 'http://127.0.0.1:8787';
const token = process.env.FREEWAY_ADMIN_TOKEN;
const proxied = {
  target: gateway,
  configure: (proxy) =>
    proxy.on('proxyReq', (request) => {
      request.setHeader('origin', gateway);
      if (token && request.path.startsWith('/admin/')) request.setHeader('authorization', `Bearer ${token}`);
    }),
};

export default defineConfig({
  server: { proxy: { '/admin': proxied, '/v1': proxied, '/health': proxied } },
  worker: { rolldownOptions: { output: { entryFileNames: 'assets/[name].js' } } },
  build: {
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/app.js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/app[extname]',
      },
    },
  },
});
