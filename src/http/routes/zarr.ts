import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { CUBE_VARIABLES, cubeBlock, type CubeBlock } from "../../app/cube-chunk.js";
import { createCubes } from "../../app/cubes.js";
import { CUBE_PERIODS, MOSAIC_VARIABLES, mosaicBlock, mosaicCube } from "../../app/mosaic-cube.js";
import type { Services } from "../../app/services.js";
import type { SearchFilter } from "../../catalog/types.js";
import { NotFoundError } from "../../core/errors.js";
import type { Cube } from "../../tile/cube.js";
import { sendRanges } from "../byte-ranges.js";
import type { RouteGroup } from "../route.js";
import { requestSignal } from "../signal.js";
import { cubeArrays } from "../zarr-arrays.js";
import { cubeGroup, cubesGroup, groupsBeside, INPAINT_GROUP } from "../zarr-documents.js";
import { parseMosaicFilter } from "../search-params.js";
import { param } from "./tiles.js";

const CHUNK_TYPE = "application/octet-stream";

/** The dates of a collection, an item or a registered search as Zarr v3 stores, whose chunks are decoded when they are read. */
export const ZARR_ROUTES: RouteGroup<Services> = {
  title: "Zarr",
  routes: (
    [
      ["/collections/{collection}", "The dates of a collection", collectionOf],
      ["/collections/{collection}/items/{item}", "An item", itemOf],
      ["/searches/{search}", "What a registered search finds", searchOf],
    ] as const
  ).map(([root, what, searchOfPath]) => ({
    method: "get",
    paths: [`${root}/zarr/{key}`],
    summary: `${what} as a Zarr v3 store`,
    types: ["application/json", CHUNK_TYPE],
    handle: (services) => {
      const cubes = createCubes(services.catalog);
      return async (request, response) => {
        const signal = requestSignal(request, response);
        const found = await cubes.of(await searchOfPath(request, services), signal);
        await sendKey(found, { services, request, response, signal });
      };
    },
  })),
};

async function collectionOf(request: Request, { catalog }: Services): Promise<SearchFilter> {
  const id = param(request, "collection");
  await catalog.collection(id);
  return { collections: [id] };
}

async function itemOf(request: Request, { catalog }: Services): Promise<SearchFilter> {
  const { collection, id } = await catalog.item(param(request, "collection"), param(request, "item"));
  return { collections: [collection], ids: [id] };
}

async function searchOf(request: Request, { searches }: Services): Promise<SearchFilter> {
  return parseMosaicFilter((await searches.get(param(request, "search"))).search);
}

interface Answering {
  readonly services: Services;
  readonly request: Request;
  readonly response: Response;
  readonly signal: AbortSignal;
}

/** One cube is the store itself; of several each is a group. */
async function sendKey(cubes: readonly Cube[], answering: Answering): Promise<void> {
  const { request, response } = answering;
  const key = (request.params as { readonly key?: readonly string[] }).key ?? [];
  const [first, ...below] = key;
  const [only] = cubes;
  if (only === undefined) throw new NotFoundError("There is no item, so there is no cube");
  const named = cubes.find(({ name }) => name === first);
  if (named !== undefined) return sendCubeKey(named, below, answering);
  if (cubes.length === 1) return sendCubeKey(only, key, answering);
  if (key.join("/") !== "zarr.json")
    throw new NotFoundError(
      `"${String(first).slice(0, 60)}" isn't in this store; its grids differ, so there are ${cubes
        .map(({ name }) => name)
        .join(", ")
        .slice(0, 500)}`,
    );
  sendJson(response, cubesGroup(new Map(cubes.map((cube) => [cube.name, cubeGroup(cube, cube.name)])), "Dates"));
}

async function sendCubeKey(cube: Cube, key: readonly string[], answering: Answering): Promise<void> {
  const { services, request, response, signal } = answering;
  const [groupName = "", ...inGroup] = key;
  const beside = groupsBeside(cube).get(groupName);
  const arrays = beside?.arrays() ?? cubeArrays(cube);
  const [name = "", ...rest] = beside === undefined ? key : inGroup;
  if (name === "zarr.json" && rest.length === 0)
    return sendJson(response, beside?.json(`${cube.name}, ${groupName}`) ?? cubeGroup(cube, cube.name));
  const array = arrays.get(name);
  if (array === undefined) throw new NotFoundError(`"${key.join("/").slice(0, 80)}" isn't a key of this Zarr store`);
  if (rest.join("/") === "zarr.json") return sendJson(response, array.json);
  const place = parsePlace(rest, array.chunks);
  if (place === undefined)
    throw new NotFoundError(
      `"${key.join("/").slice(0, 80)}" isn't a chunk; ${name} has ${["c", ...array.chunks.map((n) => (n === 1 ? "0" : `0..${n - 1}`))].join("/")}`,
    );
  const [time = 0, row = 0, column = 0] = place;
  const coordinate = array.bytes?.();
  const block = coordinate
    ? undefined
    : await findBlock(cube, beside && groupName, { variable: name, time, row, column }, services);
  const nothing = new NotFoundError(`Nothing was observed in chunk ${place.join("/")} of ${name}`);
  if (coordinate === undefined && block === undefined) throw nothing;
  const file = {
    bytes: coordinate?.length ?? block?.length ?? 0,
    mediaType: CHUNK_TYPE,
    etag: `"${createHash("sha256")
      .update(block?.identity ?? coordinate ?? "")
      .digest("base64url")
      .slice(0, 27)}"`,
    lastModified: undefined,
    // Which date stands at an index changes when an earlier one is added.
    cacheControl: "no-cache",
    async *read(from: number, to: number) {
      const bytes = coordinate ?? (await block?.read(signal));
      if (bytes === undefined) throw nothing;
      yield bytes.subarray(from, to);
    },
  };
  const waitsItself = block !== undefined && block.makingBytes === undefined;
  await sendRanges(file, request, response, (bytes, job) =>
    waitsItself ? job() : services.drawing.hold(bytes + (block?.makingBytes ?? 0), job, signal),
  );
}

/** What a chunk of a cube, or of a group beside its dates, is made of. */
async function findBlock(
  cube: Cube,
  group: string | undefined,
  {
    variable,
    ...place
  }: { readonly variable: string; readonly time: number; readonly row: number; readonly column: number },
  services: Services,
): Promise<CubeBlock | undefined> {
  const every = CUBE_PERIODS.find((one) => one === group);
  if (every !== undefined)
    return mosaicBlock(mosaicCube(cube, every), { ...place, variable: oneOf(MOSAIC_VARIABLES, variable) }, services);
  const filled = group === INPAINT_GROUP;
  return cubeBlock(cube, { ...place, variable: oneOf(CUBE_VARIABLES, variable), filled }, services);
}

/** "c/3/0/1" as numbers; undefined for what is no chunk of the array. */
function parsePlace([c, ...rest]: readonly string[], chunks: readonly number[]): readonly number[] | undefined {
  if (c !== "c" || rest.length !== chunks.length || !rest.every((part) => /^(0|[1-9]\d{0,8})$/.test(part)))
    return undefined;
  const place = rest.map(Number);
  return place.every((index, i) => index < (chunks[i] ?? 0)) ? place : undefined;
}

function oneOf<T extends string>(names: readonly T[], name: string): T {
  const found = names.find((one) => one === name);
  if (found === undefined) throw new RangeError(`variable ${name}`);
  return found;
}

/** May be kept but must be checked again: dates are added at any time. */
function sendJson(response: Response, document: object): void {
  response.set("Cache-Control", "no-cache").type("application/json").send(JSON.stringify(document));
}
