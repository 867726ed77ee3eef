import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { SCENE } from "../../test/support/scene-catalog.js";

/** Of answers: how many of each status, and what was wrong. */
export interface Tally {
  readonly byStatus: Map<number, number>;
  readonly wrong: string[];
  /** Requests that were broken off on purpose. */
  left: number;
}

export const newTally = (): Tally => ({ byStatus: new Map(), wrong: [], left: 0 });

const FORMATS = ["png", "webp", "jpg", "npy", "tif"];
const LOOKS = [
  "assets=B04,B03,B02&rescale=0,3000",
  "expression=(B08-B04)/(B08%2BB04)&colormap_name=rdylgn&rescale=-1,1",
  "assets=B12,B8A,B04",
  "render=agriculture",
];
const ITEMS = ["scene_2024-01-10", "scene_2024-04-10", "scene_2024-07-10"];
const SELECTIONS = ["first", "clear_newest", "clear_median", "best", "mean"];

type Random = () => number;
const pick = <T>(values: readonly T[], random: Random): T => values[Math.floor(random() * values.length)] as T;

/** Tiles around the scene: some show it whole, some magnify it, some miss it. */
function tileOf(random: Random): string {
  const z = 10 + Math.floor(random() * 7);
  const [lon, lat] = [2.99 + 0.07 * random(), 42.4 + 0.06 * random()];
  const radians = (lat * Math.PI) / 180;
  const x = Math.floor(((lon + 180) / 360) * 2 ** z);
  const y = Math.floor(((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * 2 ** z);
  return `${z}/${x}/${y}`;
}

/** A request that must be answered, and always the same. */
export function goodPath(random: Random): string {
  const { collection } = SCENE;
  const item = `/collections/${collection}/items/${pick(ITEMS, random)}`;
  const kind = random();
  if (kind < 0.5)
    return `${item}/tiles/WebMercatorQuad/${tileOf(random)}.${pick(FORMATS, random)}?${pick(LOOKS, random)}`;
  if (kind < 0.8)
    return `/collections/${collection}/tiles/WebMercatorQuad/${tileOf(random)}.png?pixel_selection=${pick(SELECTIONS, random)}`;
  if (kind < 0.85)
    return `/collections/${collection}/tiles/WebMercatorQuad/${tileOf(random)}.webp?pixel_selection=clear_newest&inpaint=tec`;
  if (kind < 0.9) return `${item}/preview.png?max_size=${64 + Math.floor(8 * random()) * 32}`;
  if (kind < 0.95)
    return `${item}/point/${(3.002 + 0.04 * random()).toFixed(3)},${(42.441 + 0.009 * random()).toFixed(3)}`;
  return pick(
    [
      `/collections/${collection}/dates`,
      `/collections/${collection}/WMTSCapabilities.xml`,
      `/collections/${collection}/WebMercatorQuad/tilejson.json`,
      `${item}/statistics?max_size=128`,
      `/collections/${collection}/zarr/zarr.json`,
    ],
    random,
  );
}

const ITEM = `/collections/${SCENE.collection}/items/${ITEMS[0]}`;

/** Requests that must be refused, and how. */
export const BAD: readonly (readonly [path: string, status: number, body?: string])[] = [
  [`${ITEM}/tiles/WebMercatorQuad/12/2082/1513.png?assets=constructor`, 400],
  [`${ITEM}/tiles/WebMercatorQuad/12/2082/1513.png?expression=${"(".repeat(500)}`, 400],
  [`${ITEM}/tiles/WebMercatorQuad/30/1/1.png`, 404],
  [`${ITEM}/tiles/WebMercatorQuad/12/99999/1513.png`, 404],
  [`${ITEM}/preview.png?max_size=99999`, 400],
  [`${ITEM}/preview.exe`, 400],
  [`/collections/none/items/none`, 404],
  [`/collections/${SCENE.collection}/tiles/Nowhere/1/1/1.png`, 404],
  ["/search?limit=-1", 400],
  ["/search?bbox=1,2,3", 400],
  ["/search?datetime=yesterday", 400],
  ["/search?filter=a%20AND%20(b", 400],
  ["/search", 400, "{"],
  ["/search", 400, "[".repeat(5000)],
  [`/collections/${SCENE.collection}/statistics`, 400, '{"type":"Polygon","coordinates":[[[0,0]]]}'],
  ["/searches/register", 400, '{"bbox":[1,2]}'],
  ["/nothing/here", 404],
  ["/%2e%2e/%2e%2e/etc/passwd", 404],
];

/** No answer may take longer, at full load. */
const DEADLINE_MS = 60_000;
const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Node's own client: of its `fetch` a request that is broken off now and then never settles. */
async function get(address: string, leave: AbortSignal | undefined): Promise<Answer> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const asked = request(address, {
    agent,
    signal: leave === undefined ? deadline : AbortSignal.any([leave, deadline]),
  });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: await buffer(response) };
}

/** Asks for good pictures without end and compares each with the first answer to the same path. */
export async function askGood(url: string, tally: Tally, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const path = goodPath(random);
    // One in ten leaves before it has its answer.
    const leave = random() < 0.1 ? AbortSignal.timeout(1 + Math.floor(random() * 80)) : undefined;
    try {
      note(tally, path, await get(url + path, leave));
    } catch (error) {
      if (leave?.aborted === true) tally.left++;
      else tally.wrong.push(`${path}: ${String(error)}`);
    }
  }
}

/** Digests of what paths answered. */
const known = new Map<string, string>();
const MOST_KNOWN = 20_000;

function note({ byStatus, wrong }: Tally, path: string, { status, headers, bytes }: Answer): void {
  byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  if (status === 503) {
    if (headers["retry-after"] === undefined) wrong.push(`${path}: 503 without Retry-After`);
    return;
  }
  if (status !== 200 && status !== 204) {
    wrong.push(`${path}: ${status} ${bytes.toString("utf8", 0, 200)}`);
    return;
  }
  const digest = `${status} ${createHash("sha256").update(bytes).digest("hex")}`;
  const before = known.get(path);
  if (before !== undefined && before !== digest) wrong.push(`${path}: another answer than before`);
  else if (before === undefined && known.size < MOST_KNOWN) known.set(path, digest);
}

/** Sends what must be refused, now and then. */
export async function askBad(url: string, tally: Tally, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const [path, wanted, body] = pick(BAD, random);
    const init = body === undefined ? {} : { method: "POST", body, headers: { "content-type": "application/json" } };
    try {
      const response = await fetch(url + path, init);
      const text = await response.text();
      tally.byStatus.set(response.status, (tally.byStatus.get(response.status) ?? 0) + 1);
      if (response.status !== wanted && response.status !== 503)
        tally.wrong.push(`${path.slice(0, 200)}: ${response.status}, ${wanted} wanted: ${text.slice(0, 200)}`);
    } catch (error) {
      if (!isOver()) tally.wrong.push(`${path.slice(0, 200)}: ${String(error)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
