// Where the time of one cold tile goes: every stage run alone on one thread, milliseconds of CPU a tile.
import { WEB_MERCATOR_QUAD } from "../../src/geo/tile-matrix-sets.js";
import { performance } from "node:perf_hooks";
import { loadModel, type LoadedModel } from "../../src/codec/loaded-model.js";
import { createOfficialPool } from "../../src/codec/official/elic-pool.js";
import { openModelDecoder } from "../../src/codec/open-coder.js";
import { readChunkBytes } from "../../src/container/tec-cog-reader.js";
import { createKernels } from "../../src/model/lapped/kernels.js";
import { synthesiseLapped } from "../../src/model/lapped/synthesise.js";
import { createModelZoo } from "../../src/model/model-zoo.js";
import { openNetwork } from "../../src/model/session.js";
import type { LappedTransform } from "../../src/model/transform.js";
import { BUILT_IN_MODELS } from "../../src/app/config.js";
import { encodeImage, tuneEncoder } from "../../src/render/encode-image.js";
import { parseRenderSpec } from "../../src/render/parse-render-spec.js";
import { renderRaster } from "../../src/render/render-raster.js";
import { requiredBands } from "../../src/render/render-spec.js";
import { createChunkReader } from "../../src/tile/chunk-reader.js";
import { decodeChunk } from "../../src/tile/decode-chunk.js";
import { decodeWindow } from "../../src/tile/decode-window.js";
import { planPicture, tileTarget } from "../../src/tile/plan.js";
import { warpOnto } from "../../src/tile/draw/warp.js";
import { windowMask } from "../../src/tile/window-mask.js";
import { numberOptions, printTable, round, writeResult } from "../support/report.js";
import { sceneItem } from "../support/scene.js";
import { tilesInside } from "../support/tiles.js";

const { tiles: wanted, zoom, write } = numberOptions({ tiles: 60, zoom: 14, write: 0 });
const item = await sceneItem();
const model = loadModel(await createModelZoo([BUILT_IN_MODELS]).open(item.model));
const transform = lappedOf(model);
const decoder = openModelDecoder(model);
const kernels = createKernels();
const network =
  transform.branch === undefined ? undefined : await openNetwork(transform.branch, { provider: "cpu", threads: 1 });
tuneEncoder();
const spec = parseRenderSpec(new URLSearchParams("assets=B04,B03,B02&rescale=0,3000&format=png"));
const bands = requiredBands(spec);

const spent = new Map<string, number>();
async function stage<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  spent.set(name, (spent.get(name) ?? 0) + (user + system) / 1000);
  spent.set(`${name} (wall)`, (spent.get(`${name} (wall)`) ?? 0) + performance.now() - start);
  return result;
}

/** A pool that answers decode tasks on this thread; the chunk reader keeps what it decodes. */
const reader = createChunkReader({
  pool: {
    size: 1,
    waiting: () => 0,
    health: () => ({ size: 1, alive: 1, busy: 0, waiting: 0, oldestMs: 0 }),
    run: async (task) => {
      if (task.kind !== "decode") throw new TypeError(task.kind);
      return {
        kind: "decoded",
        chunk: await stage("entropy decode", () => decodeChunk(task.bytes, task.place, { ...task, decoder })),
      };
    },
    close: async () => undefined,
  },
  official: createOfficialPool({ provider: "cpu", sessions: 1, maxWaiting: 16 }),
  loadModel: async () => model,
  latentsBytes: 2 ** 28,
  headers: 4,
});
const container = await reader.open(item.href, item.checksum);

async function drawTile(tile: { z: number; x: number; y: number }): Promise<void> {
  const plan = await stage("plan", () =>
    planPicture(tileTarget({ ...tile, set: WEB_MERCATOR_QUAD }, 256), { spec }, [item]),
  );
  const [layer] = plan.layers;
  if (layer === undefined) throw new RangeError("a tile outside the scene");
  const decoded = await decodeWindow(
    { container, level: layer.level, rect: layer.rect, bands },
    {
      reader,
      networks: {
        synthesise: async ({ window, ...wanted }) => {
          let branchMs = 0;
          const [cpu, start] = [process.cpuUsage(), performance.now()];
          const pixels = await synthesiseLapped(window, transform, wanted, {
            kernels,
            branch:
              network &&
              (async (data, rows, columns) => {
                const before = performance.now();
                const feed = { dims: [1, transform.basis.canonical.length, rows, columns], data };
                const found = await stage("branch", () => network.run({ coefficients: feed }, "residual"));
                branchMs += performance.now() - before;
                return found.data;
              }),
          });
          const { user, system } = process.cpuUsage(cpu);
          const wall = performance.now() - start - branchMs;
          spent.set("basis", (spent.get("basis") ?? 0) + (user + system) / 1000 - branchMs);
          spent.set("basis (wall)", (spent.get("basis (wall)") ?? 0) + wall);
          return pixels;
        },
      } as Parameters<typeof decodeWindow>[1]["networks"],
    },
  );
  const { pixels, window, masks } = decoded;
  const canvas = {
    size: 256,
    height: 256,
    samples: new Float32Array(bands.length * 65536),
    filled: new Uint8Array(65536),
  };
  const valid = await stage("mask", () => windowMask(masks, window));
  const source = { kind: "raster" as const, ...window, bands, samples: pixels, valid };
  await stage("warp", () =>
    warpOnto(canvas, source, layer.grid, { factor: layer.factor, resampling: spec.resampling }),
  );
  const raster = {
    kind: "raster" as const,
    width: 256,
    height: 256,
    bands,
    samples: canvas.samples,
    valid: canvas.filled,
  };
  const image = await stage("render", () => renderRaster(raster, spec));
  await stage("encode png", () => encodeImage(image, "png"));
  await stage("encode webp", () => encodeImage(image, "webp"));
  windows.push((window.width * window.height) / 65536);
}

const windows: number[] = [];
const tiles = tilesInside(item, zoom).slice(0, wanted + 10);
for (const tile of tiles.slice(0, 10)) await drawTile(tile);
spent.clear();
windows.length = 0;
for (const tile of tiles.slice(10)) await drawTile(tile);
const [level] = container.cog.levels;
await stage("chunk read", async () => {
  for (let i = 0; i < 256; i++) if (level !== undefined) await readChunkBytes(container.source, level, i);
});
const count = tiles.length - 10;
const rows = [...spent]
  .filter(([name]) => !name.endsWith("(wall)"))
  .map(([name, ms]) => {
    const wall = spent.get(`${name} (wall)`) ?? 0;
    const n = name === "chunk read" ? 256 : count;
    return { stage: name, "cpu ms": round(ms / n), "wall ms": round(wall / n) };
  });
printTable(rows);
const mean = windows.reduce((a, b) => a + b, 0) / count;
process.stdout.write(`${count} tiles, each ${mean.toFixed(2)} x 256 x 256 px decoded; chunk read is for one chunk\n`);
if (write !== 0) writeResult("stages", { tiles: count, zoom, networkPixels: round(mean), rows });
await reader.close();

function lappedOf({ id, transform: found }: LoadedModel): LappedTransform {
  if (found.kind !== "lapped") throw new RangeError(`model ${id} has no lapped basis`);
  return found;
}
