import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import type { Raster } from "../../../src/core/raster.js";
import { blankImage, drawRaster, encodeImage } from "../../../src/render/encode-image.js";
import type { RgbaImage } from "../../../src/render/render-raster.js";
import { parseRenderSpec } from "../../../src/render/parse-render-spec.js";
import golden from "../../golden/render/npy.json" with { type: "json" };

test("a png holds every channel exactly", async () => {
  for (const channels of [1, 2, 3, 4] as const) {
    const image = gradient(channels);
    const bytes = await encodeImage(image, "png");
    assert.equal((await sharp(bytes).metadata()).channels, channels);
    // sharp decodes grey as three equal channels: the first and the last of a pixel are its grey and alpha.
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const kept = data.filter(
      (_, at) => info.channels === channels || at % info.channels === 0 || (channels === 2 && at % 4 === 3),
    );
    assert.deepEqual([info.width, info.height, new Uint8Array(kept)], [64, 64, image.samples]);
  }
});

test("webp and jpeg come near the picture, webp with its alpha exactly", async () => {
  const image = gradient(4);
  const webp = await sharp(await encodeImage(image, "webp"))
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.equal(webp.info.channels, 4);
  assert.ok(image.samples.every((value, i) => i % 4 !== 3 || webp.data[i] === value));
  const jpeg = await sharp(await encodeImage(image, "jpeg"))
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.equal(jpeg.info.channels, 3);
  const error = (at: number, stride: number, got: Uint8Array): number =>
    Math.abs((image.samples[at * 4] ?? 0) - (got[at * stride] ?? 0));
  for (let i = 0; i < 4096; i += 7) assert.ok(error(i, 4, webp.data) < 24 && error(i, 3, jpeg.data) < 24, `pixel ${i}`);
});

test("auto is jpeg for a full picture and png for one with holes", async () => {
  const spec = { ...parseRenderSpec(new URLSearchParams()), format: "auto" as const };
  assert.equal((await drawRaster(raster([1, 1]), spec)).mediaType, "image/jpeg");
  const holed = await drawRaster(raster([1, 0]), spec);
  assert.deepEqual([holed.mediaType, holed.coverage], ["image/png", "partial"]);
  assert.equal((await drawRaster(raster([0, 0]), spec)).coverage, "none");
});

test("npy is what numpy writes for bands, indices and rescaled values", async () => {
  const npy = async (query: string, pixels: Raster): Promise<string> => {
    const spec = parseRenderSpec(new URLSearchParams(query), { extension: "npy" });
    const drawn = await drawRaster(pixels, { ...spec, format: "npy" });
    return Buffer.from(drawn.bytes).toString("base64");
  };
  const bands = grid({ B04: [-3, 1.2, 700, 70_000, 5, 6] }, [1, 0, 1, 1, 1, 1]);
  assert.equal(await npy("assets=B04", bands), golden.uint16);
  const ratio = grid({ B04: [0, -1, 2, 4, 1, -4], B03: [4, 0, 4, 4, 8, 4] }, [1, 1, 1, 1, 1, 1]);
  assert.equal(await npy("expression=B04/B03", ratio), golden.float32);
  const rescaled = grid({ B04: [-1, 0, 2, 1.004, 0.5, 9] }, [1, 1, 1, 1, 1, 1]);
  assert.equal(await npy("assets=B04&rescale=0,2&return_mask=false", rescaled), golden.uint8);
});

test("a blank picture is transparent, or black as jpeg", async () => {
  const png = await sharp(await blankImage({ width: 256, height: 128 }, "png"))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([png.info.width, png.info.height], [256, 128]);
  assert.ok(png.data.every((value) => value === 0));
  const webp = await sharp(await blankImage({ width: 512, height: 512 }, "webp"))
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([webp.info.width, webp.info.channels, webp.data.at(3)], [512, 4, 0]);
  assert.equal((await sharp(await blankImage({ width: 128, height: 64 }, "jpeg")).metadata()).format, "jpeg");
});

function gradient(channels: RgbaImage["channels"]): RgbaImage {
  const samples = new Uint8Array(64 * 64 * channels);
  for (let i = 0; i < 4096; i++)
    for (let c = 0; c < channels; c++) samples[i * channels + c] = ((i % 64) * 2 + (i >> 6) + c * 5) % 256;
  if (channels === 4) for (let i = 0; i < 4096; i++) samples[i * 4 + 3] = i % 64 < 50 ? 255 : 0;
  return { kind: "image", width: 64, height: 64, channels, samples, coverage: "partial", smooth: true };
}

function raster(valid: readonly number[]): Raster {
  return { ...grid({ B04: [1, 2], B03: [3, 4], B02: [5, 6] }, valid), width: 2, height: 1 };
}

function grid(pixels: Readonly<Record<string, readonly number[]>>, valid: readonly number[]): Raster {
  const bands = Object.keys(pixels);
  const samples = Float32Array.from(Object.values(pixels).flat());
  return { kind: "raster", width: 3, height: valid.length / 3, bands, samples, valid: Uint8Array.from(valid) };
}
