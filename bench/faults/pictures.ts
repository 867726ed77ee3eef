import { readNpy } from "../../test/support/npy.js";
import { startServer, type TestServer } from "../../test/support/server.js";

/** What a server answers for an item's picture. */
export interface Picture {
  readonly status: number;
  /** Of a 200: the raw numbers of three bands. Of others the body's beginning. */
  readonly values: Float32Array | undefined;
  readonly text: string;
}

/** What a server shows of a catalog, by "collection/item". */
export type Pictures = ReadonlyMap<string, Picture>;

/** By a server of its own, that knows nothing from before. */
export async function readPictures(catalog: string): Promise<Pictures> {
  const server = await startServer({ catalog, sessions: 1, pixelThreads: 1 });
  try {
    const pictures = new Map<string, Picture>();
    for (const item of await itemsOf(server)) pictures.set(item, await readPicture(server, item));
    return pictures;
  } finally {
    await server.close();
  }
}

interface Found {
  readonly features: readonly { readonly collection: string; readonly id: string }[];
}

/** "collection/item" of all that `/search` finds. @throws Error for an answer other than 200. */
export async function itemsOf(server: Pick<TestServer, "url">): Promise<readonly string[]> {
  const response = await fetch(`${server.url}/search?limit=1000`);
  if (response.status !== 200) throw new Error(`/search: ${response.status} ${await response.text()}`);
  const { features } = (await response.json()) as Found;
  return features.map(({ collection, id }) => `${collection}/${id}`);
}

export async function readPicture(server: Pick<TestServer, "url">, item: string): Promise<Picture> {
  const [collection = "", id = ""] = item.split("/");
  const path = `/collections/${collection}/items/${id}/preview.npy?assets=B04,B08,B12&max_size=256`;
  const response = await fetch(server.url + path);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status } = response;
  if (status !== 200)
    return { status, values: undefined, text: `${status} ${Buffer.from(bytes).toString("utf8", 0, 300)}` };
  return { status, values: valuesOf(bytes), text: "a picture" };
}

function valuesOf(npy: Uint8Array): Float32Array {
  const { planes, height, width, at } = readNpy(npy);
  const size = height * width;
  return Float32Array.from({ length: planes * size }, (_, i) =>
    at(Math.floor(i / size), Math.floor((i % size) / width), i % width),
  );
}

/** Digital numbers, root mean square: two codings of one image differ by less, another date's by ten times as much. */
const CODING_RMS = 250;

/**
 * Whether two answers show the same: the same bytes, or, where an image may have been coded otherwise (leaning on other dates), the same
 * image. Undefined stands for an item that isn't there.
 */
export function isSame(a: Picture | undefined, b: Picture | undefined, isExact: boolean): boolean {
  const [first, second] = [a?.values, b?.values];
  if (first === undefined || second === undefined) return (a?.status ?? 404) === 404 && (b?.status ?? 404) === 404;
  if (first.length !== second.length) return false;
  let sum = 0;
  for (let i = 0; i < first.length; i++) sum += ((first[i] ?? 0) - (second[i] ?? 0)) ** 2;
  return isExact ? sum === 0 : Math.sqrt(sum / first.length) < CODING_RMS;
}
