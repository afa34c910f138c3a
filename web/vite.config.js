import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const page = (name) => resolve(import.meta.dirname, `${name}.html`);

// ReDoc shows a picture from a foreign address; the pages ask nobody but this server.
const FOREIGN_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const withoutForeignLogo = {
  name: "without-foreign-logo",
  enforce: "pre",
  load(id) {
    if (!id.endsWith("redoc.standalone.js?url")) return undefined;
    const source = readFileSync(id.replace("?url", ""), "utf8").replaceAll(FOREIGN_LOGO, "data:,");
    const file = this.emitFile({ type: "asset", name: "redoc.standalone.js", source });
    return `export default import.meta.ROLLUP_FILE_URL_${file}`;
  },
};

export default defineConfig({
  base: "/",
  plugins: [withoutForeignLogo],
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
