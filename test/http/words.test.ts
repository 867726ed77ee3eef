import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_ROUTES } from "../../src/http/routes/all.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer({ pixelThreads: 2 });

/** Every name that an ordinary object answers to, and what becomes one of them on the way. */
const WORDS = [
  ...new Set([...Object.getOwnPropertyNames(Object.prototype), ...Object.getOwnPropertyNames(Function.prototype)]),
  "prototype",
  "Constructor",
  "TOSTRING",
  "constructor_r",
  "constructor_b1",
  "constructor|bidx=1",
  "constructor()",
  " constructor",
];

const ITEM = "scene_2024-01-10";
const PATH: ReadonlyMap<string, string> = new Map([
  ["collection", SCENE.collection],
  ["item", ITEM],
  ["z", "12"],
  ["x", "2082"],
  ["y", "1513.npy"],
  ["tms", "WebMercatorQuad"],
  ["bounds", "3.01,42.43,3.02,42.44"],
  ["size", "64x64"],
  ["key", "zarr.json"],
  ["colormap", "viridis"],
  ["render", "true-color"],
  ["name", "B04"],
  ["format", "png"],
  ["place", "3.02,42.43"],
  ["asset", "tec"],
  ["reference", "none"],
  ["file", "none"],
]);

/** Where each name is asked with all words. */
const ALL_WORDS: ReadonlySet<string> = new Set([
  "/collections/{collection}/tiles/{tms}/{z}/{x}/{y}",
  "/collections/{collection}/items/{item}/preview.{format}",
]);

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, { redirect: "manual", ...init });
  return {
    status: response.status,
    text: Buffer.from(await response.arrayBuffer())
      .toString("latin1")
      .slice(0, 300),
  };
}

/** Each path with the parameters that are read there; and paths that nothing serves. */
const ROUTES = [
  ...ALL_ROUTES.flatMap(({ routes }) => routes).flatMap(({ method, paths, parameters = [] }) =>
    method === "get" ? paths.map((template) => ({ template, names: parameters.map(({ name }) => name) })) : [],
  ),
  { template: "/x/{plugin}", names: ["f"] },
  { template: "/{anything}", names: ["f"] },
];

const filled = (template: string, search: string, other?: readonly [name: string, value: string]): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (other?.[0] === name) return other[1];
    return name === "search" ? search : (PATH.get(name) ?? "none");
  });

test("no word of a request reaches a prototype: paths, parameters and bodies", { timeout: 300_000 }, async () => {
  const registered = await ask("/searches/register", {
    method: "POST",
    body: JSON.stringify({ collections: [SCENE.collection] }),
  });
  const search = /"id":"([0-9a-f]{32})"/.exec(registered.text)?.[1] ?? "";
  assert.notEqual(search, "");
  assert.ok(ROUTES.length > 50);
  for (const one of ALL_WORDS)
    assert.ok(
      ROUTES.some(({ template }) => template === one),
      one,
    );
  let turn = 0;
  const asked = new Map<string, number>();
  /** The next few words, so that all have their turn where all at once would be too many requests. */
  const few = (): readonly string[] => {
    const at = 2 * turn++;
    return [0, 1].map((i) => WORDS[(at + i) % WORDS.length] ?? "");
  };
  for (const { template, names } of ROUTES) {
    for (const [, name = ""] of template.matchAll(/\{(\w+)\}/g)) {
      const times = (asked.get(name) ?? 0) + 1;
      asked.set(name, times);
      for (const word of times <= 3 ? WORDS : few()) {
        const path = filled(template, search, [name, encodeURIComponent(word)]);
        const { status, text } = await ask(path);
        // 403: /stac and /cog, whose handlers are those of items, are off.
        assert.ok([400, 403, 404, 422].includes(status), `${path}: ${status} ${text}`);
      }
    }
    // All words for what draws, of one format.
    const isAll = ALL_WORDS.has(template);
    for (const name of names) {
      for (const word of isAll ? WORDS : few()) {
        const path = `${filled(template, search)}?${new URLSearchParams({ [name]: word })}`;
        const { status, text } = await ask(path);
        assert.ok(status < 500, `${path}: ${status} ${text}`);
      }
    }
  }
  for (const name of ["assets", "expression", "colormap_name", "render", "format", "resampling", "pixel_selection"]) {
    for (const word of WORDS) {
      const query = new URLSearchParams({ [name]: word });
      const path = `/collections/${SCENE.collection}/tiles/WebMercatorQuad/12/2082/1513?${query}`;
      const { status, text } = await ask(path);
      assert.equal(status, 400, `${path}: ${text}`);
    }
  }
  for (const path of ["/search", "/searches/register", `/collections/${SCENE.collection}/statistics`]) {
    for (const word of WORDS) {
      const bodies = [
        `{"${word}":{"${word}":1}}`,
        `{"type":"${word}","coordinates":"${word}"}`,
        `{"collections":["${word}"],"sortby":[{"field":"${word}"}]}`,
        `{"type":"Feature","geometry":{"type":"${word}"},"properties":{"${word}":1}}`,
        `"${word}"`,
      ];
      for (const body of bodies) {
        const { status, text } = await ask(path, { method: "POST", body });
        assert.ok(status < 500, `${path} ${body}: ${status} ${text}`);
      }
    }
  }
});

test("after all that every thread is there, and tiles are drawn", async () => {
  const health = await ask("/healthz");
  assert.equal(health.status, 200, health.text);
  assert.match(health.text, /"pixels":"ok"/);
  const { size, alive, busy } = server.services.pixels.health();
  assert.deepEqual([size, alive, busy], [2, 2, 0]);
  const tile = await ask(`/collections/${SCENE.collection}/items/${ITEM}/preview.png?assets=B08&max_size=64`);
  assert.equal(tile.status, 200);
});
