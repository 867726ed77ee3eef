import assert from "node:assert/strict";
import { test } from "node:test";
import type { SearchPage, SearchQuery } from "../../src/catalog/types.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { useMosaicServer } from "../support/scene-server.js";

const server = useMosaicServer();

const IDS = ["place_2024-04-10", "place_2024-03-10", "place_2024-02-10", "place_2024-01-10"] as const;
/** All of it lies in the collection's footprint. */
const TILE = tileOf(placeAt(64, 64), 16).path;
const BOX = [...placeAt(60, 80), ...placeAt(80, 60)].join(",");
const POINT = placeAt(64, 64).join(",");
const RING = [
  [60, 80],
  [80, 80],
  [80, 60],
  [60, 80],
].map(([x = 0, y = 0]) => placeAt(x, y));
const AREA = JSON.stringify({ type: "Polygon", coordinates: [RING] });

const ask = (path: string, body?: string): Promise<Response> =>
  fetch(`${server.url}${path}`, body === undefined ? {} : { method: "POST", body });
async function bytes(path: string, body?: string): Promise<Buffer> {
  const response = await ask(path, body);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return Buffer.from(await response.arrayBuffer());
}
async function register(search: object): Promise<string> {
  const response = await ask("/searches/register", JSON.stringify(search));
  return `/searches/${((await response.json()) as { id: string }).id}`;
}
async function roots(): Promise<readonly string[]> {
  return ["/collections/place", await register({ collections: ["place"] })];
}

test("scan_limit and items_limit leave the first items to tiles, boxes, features, lists, points and statistics", async () => {
  const all = "assets=B04&pixel_selection=mean";
  for (const root of await roots()) {
    for (const name of ["scan_limit", "items_limit"])
      for (let most = 1; most <= 5; most++) {
        const left = IDS.slice(0, most);
        const ids = await register({ collections: ["place"], ids: left });
        for (const [path, body] of [[`${TILE}.npy`], [`bbox/${BOX}.npy`], ["feature.npy", AREA]] as const) {
          const some = await bytes(`${root}/${path}?${all}&${name}=${most}`, body);
          assert.deepEqual(some, await bytes(`${ids}/${path}?${all}`, body), `${path} ${name}=${most}`);
        }
        const listed = JSON.parse(String(await bytes(`${root}/${TILE}/assets?${name}=${most}`))) as { id: string }[];
        assert.deepEqual(
          listed.map(({ id }) => id),
          left,
        );
        const { assets } = JSON.parse(String(await bytes(`${root}/point/${POINT}?assets=B04&${name}=${most}`))) as {
          assets: { name: string }[];
        };
        assert.deepEqual(
          assets.map(({ name: id }) => id),
          left.map((id) => `place/${id}`),
        );
        const figures = JSON.parse(String(await bytes(`${root}/statistics?assets=B04&${name}=${most}`, AREA))) as {
          properties: { series: { name: string }[] };
        };
        assert.deepEqual(
          figures.properties.series.map(({ name: id }) => id),
          left.toReversed(),
        );
      }
    for (const wrong of ["scan_limit=0", "items_limit=x", "time_limit=0", "exitwhenfull=maybe", "skipcovered=2"])
      assert.equal((await ask(`${root}/${TILE}.png?${wrong}`)).status, 400, wrong);
    for (const path of ["WebMercatorQuad/tilejson.json", "WMTSCapabilities.xml", "tiles/WebMercatorQuad"])
      assert.match(String(await bytes(`${root}/${path}?scan_limit=2`)), /scan_limit=2/, path);
  }
});

test("exitwhenfull and skipcovered end where footprints cover the place, and change no picture in which the first pixel wins", async () => {
  const either = ["exitwhenfull=true", "skipcovered=true", "exitwhenfull=true&skipcovered=true"];
  const neither = "exitwhenfull=false&skipcovered=false";
  for (const root of await roots()) {
    for (const query of ["assets=B04", "assets=B04&pixel_selection=clear_newest", "assets=B04&inpaint=nearest"]) {
      const plain = await bytes(`${root}/${TILE}.npy?${query}`);
      for (const effort of [...either, neither])
        assert.deepEqual(await bytes(`${root}/${TILE}.npy?${query}&${effort}`), plain, `${query}&${effort}`);
    }
    const mean = `${root}/${TILE}.npy?assets=B04&pixel_selection=mean`;
    const [plain, newest] = [await bytes(mean), await bytes(`${mean}&items_limit=1`)];
    assert.notDeepEqual(plain, newest);
    assert.deepEqual(await bytes(`${mean}&${neither}`), plain);
    for (const effort of either) assert.deepEqual(await bytes(`${mean}&${effort}`), newest, effort);
    const names = async (query: string): Promise<readonly string[]> =>
      (JSON.parse(String(await bytes(`${root}/${query}`))) as { id: string }[]).map(({ id }) => id);
    assert.deepEqual(await names(`${TILE}/assets?${neither}`), IDS);
    // A point has no area.
    assert.deepEqual(await names(`point/${POINT}/assets?exitwhenfull=true`), IDS);
    for (const effort of either) {
      assert.deepEqual(await names(`${TILE}/assets?${effort}`), IDS.slice(0, 1));
      assert.deepEqual(await names(`bbox/${BOX}/assets?${effort}`), IDS.slice(0, 1));
    }
    const series = JSON.parse(String(await bytes(`${root}/statistics?assets=B04&exitwhenfull=true`, AREA))) as {
      properties: { series: { name: string }[] };
    };
    assert.deepEqual(
      series.properties.series.map(({ name }) => name),
      IDS.slice(0, 1),
    );
  }
  // Two that overlap: both show.
  const [west, south, east, north] = [...placeAt(0, 128), ...placeAt(192, 0)];
  const pair = `/collections/pair/bbox/${[west, south, east, north].join(",")}/assets?skipcovered=true`;
  assert.equal((JSON.parse(String(await bytes(pair))) as unknown[]).length, 2);
});

test("time_limit answers with the items that are found by then, and says where there is none", async () => {
  const { catalog } = server.services;
  const search = catalog.search.bind(catalog);
  let isSlow = (_query: SearchQuery): boolean => false;
  const never = (signal: AbortSignal | undefined): Promise<SearchPage> =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("given up")), { once: true }));
  Object.assign(catalog, {
    search: (query: SearchQuery, signal?: AbortSignal) => (isSlow(query) ? never(signal) : search(query, signal)),
  });
  try {
    // Dates after February are looked for apart.
    const tile = `/collections/place/${TILE}.npy?assets=B04&pixel_selection=clear_nearest&datetime=2024-02-12`;
    const both = await bytes(tile);
    const early = await bytes(`${tile}&ids=place_2024-01-10,place_2024-02-10`);
    assert.notDeepEqual(both, early);
    isSlow = ({ datetime }) => datetime !== undefined && datetime[0] > Date.parse("2024-02-11");
    const late = await ask(`${tile}&time_limit=1`);
    assert.equal(late.status, 200);
    assert.equal(late.headers.get("cache-control"), "no-store");
    assert.deepEqual(Buffer.from(await late.arrayBuffer()), early);
    isSlow = () => true;
    for (const path of [TILE, `${TILE}/assets`, `point/${POINT}`, `bbox/${BOX}.npy`]) {
      const none = await ask(`/collections/place/${path}?time_limit=1`);
      assert.equal(none.status, 503, path);
      assert.match(await none.text(), /time_limit/, path);
    }
  } finally {
    Object.assign(catalog, { search });
  }
  const quick = await ask(`/collections/place/${TILE}.npy?assets=B04&time_limit=60`);
  assert.notEqual(quick.headers.get("cache-control"), "no-store");
});

test("points and statistics come in the order that sortby asks for", async () => {
  const names = async (query: string): Promise<readonly string[]> => {
    const { assets } = JSON.parse(String(await bytes(`/collections/place/point/${POINT}?assets=B04&${query}`))) as {
      assets: { name: string }[];
    };
    return assets.map(({ name }) => name.replace(/^place\//, ""));
  };
  assert.deepEqual(await names("sortby=-id"), IDS);
  assert.deepEqual(await names("sortby=id"), IDS.toReversed());
  assert.deepEqual(await names("sortby=id&items_limit=2"), IDS.toReversed().slice(0, 2));
  const values = async (query: string): Promise<Readonly<Record<string, unknown>>> => {
    const { assets } = JSON.parse(
      String(await bytes(`/collections/place/point/${POINT}?assets=B04&inpaint=linear&${query}`)),
    ) as { assets: { name: string; values: unknown; method?: string }[] };
    return Object.fromEntries(assets.map(({ name, values: found, method }) => [name, [found, method]]));
  };
  assert.deepEqual(await values("sortby=-tec:valid_percent,-id"), await values(""));
  const figures = JSON.parse(String(await bytes("/collections/place/statistics?assets=B04&sortby=-id", AREA))) as {
    properties: { series: { name: string }[] };
  };
  assert.deepEqual(
    figures.properties.series.map(({ name }) => name),
    IDS,
  );
});
