import assert from "node:assert/strict";
import { test } from "node:test";
import { BANDS } from "../../src/core/bands.js";
import type { Raster } from "../../src/core/raster.js";
import { renderQueries } from "../../src/catalog/renders.js";
import { drawRaster } from "../../src/render/encode-image.js";
import { parseRenderSpec } from "../../src/render/parse-render-spec.js";
import { toStacRenders, type RenderPreset } from "../../src/core/render-presets.js";
import { outputCount, requiredBands } from "../../src/render/render-spec.js";

/** What every named render must be: something that draws, tells apart what it is for, and reads the same to STAC clients. */
export function testRenders(name: string, presets: Readonly<Record<string, RenderPreset>>): void {
  for (const [id, preset] of Object.entries(presets)) {
    const parse = (): ReturnType<typeof parseRenderSpec> =>
      parseRenderSpec(new URLSearchParams({ render: id }), { presets });

    test(`${name}: ${id} has a name for URLs and words for people`, () => {
      assert.match(id, /^[a-z0-9][a-z0-9-]{0,39}$/);
      assert.match(preset.title, /^\S.{1,60}$/);
      assert.match(preset.description, /^[A-Z].*\.$/);
    });

    test(`${name}: ${id} draws a picture that depends on its bands`, async () => {
      const spec = parse();
      assert.ok([1, 3].includes(outputCount(spec.source)));
      const bands = requiredBands(spec);
      const raster = rasterOf(bands);
      const image = await drawRaster(raster, { ...spec, tileSize: SIDE, format: "png" });
      assert.equal(image.mediaType, "image/png");
      const swapped = { ...raster, samples: raster.samples.slice().reverse() };
      const other = await drawRaster(swapped, { ...spec, tileSize: SIDE, format: "png" });
      assert.notDeepEqual(other.bytes, image.bytes);
    });

    test(`${name}: ${id} as STAC clients spell it asks for the same bands and range`, () => {
      const [listed] = renderQueries(toStacRenders("tec", { [id]: preset }));
      assert.ok(listed !== undefined);
      const [own, spelled] = [parse(), parseRenderSpec(new URLSearchParams(listed.query))];
      assert.deepEqual(requiredBands(spelled), requiredBands(own));
      assert.deepEqual(spelled.rescale, own.rescale);
      assert.deepEqual(spelled.colormap, own.colormap);
    });
  }
}

const SIDE = 32;

/** Digital numbers as land has them: each band its own gradient. */
function rasterOf(bands: Raster["bands"]): Raster {
  const pixels = SIDE * SIDE;
  const samples = new Float32Array(bands.length * pixels);
  for (const [b, band] of bands.entries()) {
    for (let i = 0; i < pixels; i++)
      samples[b * pixels + i] = 300 + 150 * BANDS.findIndex((known) => known === band) + (i % SIDE) * 60 * (b + 1);
  }
  return { kind: "raster", width: SIDE, height: SIDE, bands, samples, valid: new Uint8Array(pixels).fill(1) };
}
