// Processor time of entropy-decoding one chunk of 256 pixels with each entropy model: the last of three dates of a landscape, its symbols
// as the encoder chooses them for TEC-FP.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseModel } from "../../src/app/choose-model.js";
import { parseConfig } from "../../src/app/config.js";
import { openSeries } from "../../src/app/references.js";
import { createServices } from "../../src/app/services.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { shapeOf, type LappedFrame, type ReferenceChunk } from "../../src/codec/lapped/lapped-coder.js";
import { openLappedCoder, openModelDecoder } from "../../src/codec/open-coder.js";
import { findSection, parseChunk, SECTION } from "../../src/container/chunk.js";
import { readChunkBytes, readTecCog } from "../../src/container/tec-cog-reader.js";
import { CODECS } from "../../src/core/codecs.js";
import { allSymbols } from "../../src/core/latents.js";
import { ingestSource } from "../../src/ingest/ingest.js";
import { DEMO_DATES, openLandscapeSeries } from "../../src/ingest/landscape/landscape.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { asReference, decodeChunk } from "../../src/tile/decode-chunk.js";
import { numberOptions, printTable, spreadOf, writeResult, type Spread } from "../support/report.js";

const { rounds, write, quality } = numberOptions({ rounds: 15, write: 0, quality: 3 });
const SIDE = 256;
const PLACE = { name: "a chunk", width: SIDE, height: SIDE };
const DATES = DEMO_DATES.filter(({ cloudCover = 0, cirrus = 0 }) => cloudCover + cirrus === 0).slice(0, 3);

const folder = await mkdtemp(join(tmpdir(), "tectile-context-"));
const services = await createServices(parseConfig({ catalog: folder, provider: "cpu" }));
try {
  const chosen = await chooseModel({ quality }, services);
  const decoder = openModelDecoder(chosen.model);
  const coder = openLappedCoder(chosen.model);

  /** The chunks of the dates, the newest first. */
  const chunks: { readonly bytes: Uint8Array; readonly decoded: ReferenceChunk }[] = [];
  const writer = await catalogWriter(folder);
  for (const source of openLandscapeSeries(DATES.map((date) => ({ ...date, width: SIDE, height: SIDE })))) {
    const { item } = await ingestSource(source, {
      ...chosen,
      collection: { id: "series" },
      decoder: services,
      writer,
      series: openSeries({ entropy: "fp" }, chosen.model, services),
      overwrite: false,
      version: "bench",
    });
    await source.close();
    const file = await openByteSource(item.href);
    const [level] = (await readTecCog(file)).levels;
    const bytes = level === undefined ? undefined : await readChunkBytes(file, level, 0);
    await file.close();
    if (bytes === undefined) throw new RangeError(`${item.id} has no chunk`);
    const decoded = decodeChunk(bytes, PLACE, { decoder, references: [], tokens: undefined });
    chunks.unshift({ bytes, decoded: asReference(decoded, PLACE) });
  }

  const [last, ...others] = chunks;
  const spectral = last?.decoded.latents.spectral;
  if (last === undefined || spectral === undefined) throw new RangeError("nothing was stored");
  const { latents, clear } = last.decoded;
  const frame = (references: readonly ReferenceChunk[]): LappedFrame => ({
    rows: latents.rows,
    columns: latents.columns,
    channels: latents.channels,
    quality,
    step: spectral.step,
    clear,
    references,
  });
  const stream = findSection(parseChunk(last.bytes, PLACE.name), SECTION.symbols) ?? new Uint8Array();

  const figures: { readonly name: string; readonly bytes: number; readonly ms: Spread }[] = [
    {
      name: CODECS.fp.title,
      bytes: stream.length,
      ms: spreadOf(timed(() => coder.decode("fp", { symbols: stream }, frame([]), () => spectral.mult, PLACE.name))),
    },
  ];
  for (const name of ["elic", "tt", "flextec"] as const) {
    const references = name === "elic" ? [] : others.map(({ decoded }) => decoded);
    const shape = shapeOf(frame(references), spectral);
    const options = { tokens: CODECS[name].tokens > 0, location: PLACE.name };
    const context = coder.context(name, PLACE.name);
    const streams = context.encode({ ...shape, symbols: Int16Array.from(allSymbols(latents)) }, options);
    const bytes = streams.reduce((sum, { length }) => sum + length, 0);
    figures.push({
      name: CODECS[name].title,
      bytes,
      ms: spreadOf(timed(() => context.decode(streams, shape, options))),
    });
  }
  printTable(
    figures.map(({ name, bytes, ms }) => ({
      "entropy model": name,
      bytes,
      "ms of processor": ms.median,
      least: ms.min,
    })),
  );
  if (write !== 0) writeResult("context", { quality, channels: latents.channels, rounds, figures });
} finally {
  await services.close();
  await rm(folder, { recursive: true, force: true });
}

/** Milliseconds of processor time of each round. */
function timed(pass: () => unknown): number[] {
  pass();
  return Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    pass();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
}
