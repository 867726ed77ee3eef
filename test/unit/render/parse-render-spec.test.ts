import assert from "node:assert/strict";
import { test } from "node:test";
import { BANDS } from "../../../src/core/bands.js";
import { formatExpression } from "../../../src/render/expression-parser.js";
import { parseRenderSpec } from "../../../src/render/parse-render-spec.js";
import type { RenderOptions } from "../../../src/render/parse-render-spec.js";
import { RENDERS, toStacRenders } from "../../../src/core/render-presets.js";
import { renderKey, requiredBands } from "../../../src/render/render-spec.js";
import type { RenderSpec } from "../../../src/render/render-spec.js";

const parse = (query: string, options?: RenderOptions): RenderSpec =>
  parseRenderSpec(new URLSearchParams(query), options);

/** The source in words: "B04,B03" or "(B08-B04)". */
function sourceOf(query: string, options?: RenderOptions): string {
  const { source } = parse(query, options);
  return source.kind === "bands" ? source.bands.join() : source.expressions.map(formatExpression).join(";");
}

test("no render parameter at all is true colour with its rescale and gamma", () => {
  assert.deepEqual(parse(""), {
    source: { kind: "bands", bands: ["B04", "B03", "B02"] },
    rescale: [
      [0, 3000],
      [0, 3000],
      [0, 3000],
    ],
    colorFormula: [{ kind: "gamma", bands: [0, 1, 2], gamma: 1.2 }],
    colormap: undefined,
    returnMask: true,
    resampling: "bilinear",
    tileSize: 256,
    format: "auto",
  });
  assert.equal(renderKey(parse("assets=tec&foo=bar")), renderKey(parse("render=true-color")));
});

test("every spelling of three bands means the same", () => {
  const spellings = [
    "assets=B08&assets=B04&assets=B03",
    "assets=B08,B04,B03",
    "assets=nir,red,green",
    "assets=b8,b4,b3",
    "bidx=8&bidx=4&bidx=3",
    "bidx=8,4,3",
    "assets=tec&bidx=8,4,3",
    "assets=tec|bidx=8,4,3",
    "assets=tec&asset_bidx=tec|8,4,3",
    "asset_bidx=tec|8,4,3",
    "assets=:all:&bidx=8&bidx=4&bidx=3",
    "assets=B08|bidx=1&assets=B04|bidx=1&assets=B03",
    "assets=B03,B04,B08&bidx=3,2,1",
    "asset_bidx=B08|1&asset_bidx=B04|1&asset_bidx=B03|1",
  ];
  for (const query of spellings) assert.equal(sourceOf(query), "B08,B04,B03", query);
  assert.equal(sourceOf("assets=visual"), "B04,B03,B02");
});

test("an expression reads bands by name or, next to assets, by their position", () => {
  const wanted = "((B08-B04)/(B08+B04))";
  for (const query of [
    "expression=(B08-B04)/(B08%2BB04)",
    "expression=(B08-B04)/(B08+B04)",
    "expression=(b8-b4)/(b8%2Bb4)",
    "assets=B08&assets=B04&expression=(b1-b2)/(b1%2Bb2)",
    "assets=tec&expression=(nir-red)/(nir%2Bred)",
    "assets=B08,B04&expression=(B08_b1-B04_b1)/(B08_b1%2BB04_b1)",
    "render=ndvi",
  ])
    assert.equal(sourceOf(query), wanted, query);
  assert.equal(sourceOf("expression=B04;B03;B02*2"), "B04;B03;(B02*2)");
  assert.deepEqual(requiredBands(parse("expression=(B08-B04)/(B08%2BB04)")), ["B04", "B08"]);
});

test("without rescale, bands and expressions get a range that suits them", () => {
  assert.deepEqual(parse("assets=B04").rescale, [[0, 3000]]);
  assert.deepEqual(parse("assets=B08,B04,B03").rescale, [
    [0, 4500],
    [0, 3000],
    [0, 3000],
  ]);
  assert.deepEqual(parse("expression=B08-B04").rescale, [[-1, 1]]);
});

test("rescale comes once for all or once a band, in any of TiTiler's spellings", () => {
  const each = [
    [0, 1],
    [0, 2],
    [0, 3],
  ];
  for (const query of ["rescale=0,1&rescale=0,2&rescale=0,3", "rescale=0,1,0,2,0,3", "rescale=[[0,1],[0,2],[0,3]]"]) {
    assert.deepEqual(parse(query).rescale, each, query);
  }
  assert.deepEqual(parse("rescale=-5.5,1e3").rescale, [
    [-5.5, 1000],
    [-5.5, 1000],
    [-5.5, 1000],
  ]);
  assert.deepEqual(parse("rescale=0,2000").colorFormula, [], "a look of one's own has no gamma");
});

test("a preset fills what the query leaves open", () => {
  assert.deepEqual(parse("render=ndvi").colormap, { kind: "named", name: "rdylgn" });
  assert.deepEqual(parse("render=ndvi&colormap_name=Viridis&rescale=0,1").rescale, [[0, 1]]);
  assert.deepEqual(parse("render=ndvi&colormap_name=Viridis").colormap, { kind: "named", name: "viridis" });
  const keys = Object.keys(RENDERS).map((name) => renderKey(parse(`render=${name}`)));
  assert.equal(new Set(keys).size, keys.length);
});

test("a format is the path's extension, format= or f=, which agree", () => {
  assert.equal(parse("f=webp", { extension: ".webp" }).format, "webp");
  assert.throws(() => parse("f=png", { extension: ".webp" }), /path's extension is webp and f png; wanted one of them/);
  assert.equal(parse("format=jpg").format, "jpeg");
  assert.equal(parse("f=image/png").format, "png");
  assert.equal(parse("", { extension: "jpeg", format: "png" }).format, "jpeg");
  assert.equal(parse("", { format: "png" }).format, "png");
});

test("npy and tif keep raw values and may have all bands", () => {
  for (const extension of ["npy", "tif"]) {
    const spec = parse("assets=tec", { extension });
    assert.deepEqual(requiredBands(spec), BANDS);
    assert.equal(spec.rescale, undefined);
  }
  assert.throws(() => parse("assets=tec,B01", { extension: "tif" }), { code: "invalid-request" });
  assert.equal(parse("render=ndvi&f=npy").rescale, undefined);
  assert.deepEqual(parse("render=ndvi&f=npy&rescale=0,1").rescale, [[0, 1]]);
  assert.equal(sourceOf("f=npy"), "B04,B03,B02");
});

test("an explicit colormap is on raw values, with hex or lists, values or intervals", () => {
  const spec = parse(`assets=B04&colormap=${encodeURIComponent('{"7":"#ff000080","3":[1,2,3]}')}`);
  assert.equal(spec.rescale, undefined);
  assert.deepEqual(spec.colormap, {
    kind: "values",
    entries: [
      [3, [1, 2, 3, 255]],
      [7, [255, 0, 0, 128]],
    ],
  });
  assert.deepEqual(parse("assets=B04&colormap=[[[0,5],[1,2,3,4]]]").colormap, {
    kind: "intervals",
    entries: [[0, 5, [1, 2, 3, 4]]],
  });
});

test("what can't be is refused in one sentence that says what is wanted", () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "assets=B13":
      /^Asset "B13" is not known; wanted a band \(B01, .*B12\), a common name such as red or nir, or tec for all$/,
    "assets=B04,B03": /^A picture of 2 bands can't be drawn; wanted 1 or 3/,
    "bidx=13": /^bidx has "13"; wanted 1 to 12$/,
    "bidx=0": /^bidx has "0"; wanted 1 to 12$/,
    "assets=B04&bidx=2": /^bidx has "2"; wanted 1 to 1$/,
    "assets=tec|nodata=1": /wanted NAME, NAME\|bidx=1,2,3 or NAME\|expression=b1\*2$/,
    "assets=tec|expression=b13": /names "b13"; wanted a band/,
    "assets=B04|expression=b1&expression=b1": /^expression is given beside an asset's own; wanted one of the two$/,
    "assets=tec|expression=b1;b2;b3;b4&assets=B04": /^assets gives 5 outputs; wanted at most 4$/,
    "expression=B04^B08": /has \^ between numbers; wanted it between comparisons, or \*\* for a power$/,
    "asset_bidx=B04": /^asset_bidx is "B04"; wanted NAME\|1,2,3$/,
    "rescale=0": /^rescale is "0"; wanted MIN,MAX/,
    "rescale=5,5": /^rescale is "5,5"; wanted MIN,MAX/,
    "rescale=0,Infinity": /^rescale is "0,Infinity"; wanted/,
    "rescale=a,b": /^rescale is "a,b"; wanted/,
    "rescale=0,1&rescale=0,1": /^rescale has 2 ranges for 3 bands; wanted 1 or 3$/,
    "colormap_name=foo&assets=B04": /^Colormap "foo" is not known; wanted one of viridis, magma/,
    "colormap_name=viridis": /^A colormap was asked for 3 bands; wanted one band or expression$/,
    "colormap={&assets=B04": /^colormap is "\{"; wanted JSON such as/,
    'colormap={"a":[1,2,3]}&assets=B04': /^colormap is .*; wanted JSON/,
    "color_formula=gamma RGB": /^color_formula "gamma RGB" has "nothing"; wanted a number from 0.01 to 100$/,
    "color_formula=blur RGB 2": /^color_formula "blur RGB 2" has "blur"; wanted gamma, sigmoidal or saturation$/,
    "color_formula=saturation 2&assets=B04": /^color_formula has saturation for one band; wanted three bands$/,
    "return_mask=maybe": /^return_mask is "maybe"; wanted true or false$/,
    "resampling=sinc": /^resampling is "sinc"; wanted /,
    "tilesize=0": /^tilesize is "0"; wanted 1 to 2048 pixels$/,
    "tilesize=2049": /^tilesize is "2049"; wanted 1 to 2048 pixels$/,
    "f=bmp": /^Format "bmp" is not known; wanted png, webp, jpg, pngraw, npy or tif$/,
    "render=foo": /^Render "foo" is not known; wanted one of true-color/,
    "render=constructor": /^Render "constructor" is not known/,
    "expression=B04;B03;B02;B01;B05": /^expression has 5 outputs; wanted 1 to 4/,
    "expression=;": /^expression has 0 outputs/,
    [`expression=${"B04%2B".repeat(200)}1`]: /^expression has 801 characters; wanted at most 500$/,
    [`assets=${"B04,".repeat(13)}`]: /^assets names 13 bands; wanted at most 12$/,
  };
  for (const [query, message] of Object.entries(cases)) {
    assert.throws(() => parse(query), { code: "invalid-request", message }, query);
  }
});

test("the key changes with everything that changes pixels and with nothing else", () => {
  const variants = [
    "",
    "assets=B08,B04,B03",
    "assets=B04",
    "assets=B04&rescale=0,1",
    "assets=B04&rescale=0,2",
    "expression=B04",
    "expression=B04*2",
    "assets=B04&colormap_name=viridis",
    "assets=B04&colormap_name=viridis_r",
    "color_formula=gamma RGB 2",
    "color_formula=gamma R 2",
    "return_mask=false",
    "resampling=nearest",
    "tilesize=512",
    "f=png",
    "f=webp",
    "f=npy",
    "f=tif",
    'assets=B04&colormap={"1":[1,2,3]}',
    'assets=B04&colormap={"1":[1,2,4]}',
    "color_formula=saturation 2",
  ];
  const keys = variants.map((query) => renderKey(parse(query)));
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(renderKey(parse("assets=B04&token=1&_=2")), renderKey(parse("bidx=4")));
  assert.equal(renderKey(parse("expression= B08 / B04")), renderKey(parse("expression=b8/b4")));
  assert.equal(renderKey(parse("rescale=0,2000")), renderKey(parse("rescale=0,2000.0&rescale=0,2e3&rescale=0,2000")));
});

test("a spec survives the trip to a worker", () => {
  for (const query of ["", "render=ndvi", 'assets=B04&colormap={"1":"#ff0000"}', "f=npy"]) {
    assert.deepEqual(structuredClone(parse(query)), parse(query));
    assert.equal(renderKey(structuredClone(parse(query))), renderKey(parse(query)));
  }
});

test("STAC renders have the fields of the render extension", () => {
  const renders = toStacRenders("tec");
  assert.deepEqual(renders["false-color-infrared"], {
    title: "False colour infrared",
    description: "Near infrared as red: living plants are bright red, water is black.",
    assets: ["tec"],
    bidx: [8, 4, 3],
    rescale: [
      [0, 5000],
      [0, 3000],
      [0, 3000],
    ],
    resampling: "bilinear",
  });
  assert.deepEqual(Object.keys(renders), Object.keys(RENDERS));
});
