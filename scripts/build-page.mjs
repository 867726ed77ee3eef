// Makes /api.html of Swagger UI, and the viewer's page of its compiled modules: one script (a film's encoder and the map's worker lie apart), the outlines of countries, and
// index.html with its style and its first words' script inside. Names tell the content; .br and .gz lie beside each file.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const compiled = `${root}build/src/viewer/`;
const page = `${compiled}page/`;
/** Packing well takes seconds, and most of what is packed stays as it is between builds. */
const kept = `${root}node_modules/.cache/tectile-page/`;

export async function buildPage() {
  rmSync(page, { recursive: true, force: true });
  for (const folder of [page, kept]) mkdirSync(folder, { recursive: true });
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false, absWorkingDir: root };
  const { outputFiles } = await build({
    ...options,
    stdin: {
      contents: `import css from "maplibre-gl/dist/maplibre-gl.css";
        import "./viewer.js";
        document.head.prepend(Object.assign(document.createElement("style"), { textContent: css }));`,
      resolveDir: compiled,
    },
    loader: { ".css": "text" },
    splitting: true,
    outdir: page,
    entryNames: "viewer-[hash]",
    chunkNames: "[name]-[hash]",
  });
  for (const { path, contents } of outputFiles) put(path.slice(page.length), contents);
  const script = outputFiles.map(({ path }) => path.slice(page.length)).find((name) => name.startsWith("viewer-"));
  const style = await transform(readFileSync(`${root}src/viewer/viewer.css`, "utf8"), { loader: "css", minify: true });
  const first = await build({ ...options, format: "iife", entryPoints: [`${compiled}first-picture.js`] });
  const parts = {
    style: `<style>${style.code.trim()}</style>`,
    first: `<script>${first.outputFiles[0].text.trim()}</script>`,
    script: `./viewer/${script}`,
    worker: `./viewer/${putNamed("worker", "js", import.meta.resolve("maplibre-gl/dist/maplibre-gl-worker.mjs"))}`,
    world: `./viewer/${putNamed("world", "json", import.meta.resolve("world-atlas/countries-50m.json"))}`,
  };
  const html = readFileSync(`${root}src/viewer/index.html`, "utf8");
  writeFileSync(
    `${page}index.html`,
    html.replaceAll(/<!-- (\w+) -->|\{\{(\w+)\}\}/g, (_, block, word) => parts[block ?? word]),
  );
  buildApiPage();
}

/** The page that shows and tries what the server answers to; nothing else loads Swagger UI. */
function buildApiPage() {
  const html = readFileSync(`${root}src/http/api.html`, "utf8");
  const script = putNamed("swagger", "js", import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"));
  const style = putNamed("swagger", "css", import.meta.resolve("swagger-ui-dist/swagger-ui.css"));
  writeFileSync(
    `${page}api.html`,
    html.replace("{{script}}", `./viewer/${script}`).replace("{{style}}", `./viewer/${style}`),
  );
}

function putNamed(name, extension, url) {
  const bytes = readFileSync(fileURLToPath(url));
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  put(`${name}-${hash}.${extension}`, bytes);
  return `${name}-${hash}.${extension}`;
}

function put(name, bytes) {
  writeFileSync(page + name, bytes);
  const packers = { br: brotliCompressSync, gz: (plain) => gzipSync(plain, { level: 9 }) };
  for (const [extension, pack] of Object.entries(packers)) {
    const place = `${kept}${createHash("sha256").update(bytes).digest("hex")}.${extension}`;
    if (!existsSync(place)) writeFileSync(place, pack(bytes));
    writeFileSync(`${page}${name}.${extension}`, readFileSync(place));
  }
}
