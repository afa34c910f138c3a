import { resolve } from "node:path";
import { defineConfig } from "vite";

const page = (name) => resolve(import.meta.dirname, `${name}.html`);

export default defineConfig({
  base: "/",
  worker: { format: "es" },
  build: {
    outDir: "../app/pages/static",
    emptyOutDir: true,
    sourcemap: false,
    chunkSizeWarningLimit: 5000,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["index", "graphiql", "docs", "redoc"].map(page) },
  },
});
