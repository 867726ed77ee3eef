import { fetchStart } from "./api.js";
import type { Collection, Start, StartSeries } from "./api.js";
import { boundsSeen, cameraFor } from "./camera.js";
import { createConnection, describeHealth } from "./connection.js";
import type { Connection } from "./connection.js";
import { formatDay } from "./dates.js";
import { TILE_PROTOCOL } from "./frames.js";
import { latToTile, lonToTile } from "./mercator.js";
import { seenFrame, settleState, toSeries } from "./series.js";
import { parseHash } from "./state.js";
import { tilesOf, tileUrlOf } from "./view-provenance.js";

// The page's own script, inside it: says what happens, asks what there is, and shows the first tiles as plain pictures, before the map (ten times
// the bytes) is there. What it has asked is in the browser's cache then.

/** What this script leaves to the page's. */
export interface FirstPicture {
  readonly connection: Connection;
  readonly start: Promise<Start>;
  readonly remove: () => void;
}

declare global {
  var tectile: FirstPicture | undefined;
}

/** An answer that takes longer came over a slow line: on it the first tiles go before the map. */
const SLOW_MS = 500;
const SLOW_LINE_WAIT_MS = 12_000;

const connection = createConnection();
const words = document.getElementById("status-words");
const say = (text: string): void => {
  if (words !== null) words.textContent = text;
};
connection.listen(() => {
  if (globalThis.tectile !== undefined) say(describeHealth(connection.health()) ?? "Loading");
});
const asked = performance.now();
const start = fetchStart(connection.ask, parseHash(location.hash));
const root = document.getElementById("first-picture");
globalThis.tectile = { connection, start, remove: () => root?.remove() };
start
  .then(async ({ collections, series }) => {
    const collection = collections.find(({ id }) => id === series?.collection);
    if (root === null || series === undefined || collection === undefined) return;
    const drawn = draw(root, series, collection);
    if (performance.now() - asked < SLOW_MS) return;
    await Promise.race([drawn, new Promise((done) => setTimeout(done, SLOW_LINE_WAIT_MS))]);
  })
  // The page's script tells what is wrong with the answer.
  .catch(() => undefined)
  .then(() => import(document.body.dataset["script"] ?? ""))
  .catch(() => say("The page's script didn't come; load the page again"));

/** Puts the tiles of the date that the page opens on where the map will have them; resolves when all have come. */
async function draw(root: HTMLElement, series: StartSeries, collection: Collection): Promise<void> {
  const whole = toSeries(connection.ask, collection, series);
  const state = settleState(parseHash(location.hash), whole);
  // A date by itself is known by its items, which haven't been asked for.
  const frame = state.date === undefined || state.only ? undefined : seenFrame(whole, state.date, state);
  if (frame === undefined || state.date === undefined) return;
  const size = { width: window.innerWidth, height: window.innerHeight };
  const camera = state.camera ?? cameraFor(series.extent.bounds, size);
  const view = { bounds: boundsSeen(camera, size), zoom: camera.zoom };
  let came = 0;
  const pictures = frame.layers.flatMap((layer) =>
    tilesOf(layer, view).map((tile) => {
      const count = 2 ** tile.z;
      const sidePx = (512 * 2 ** camera.zoom) / count;
      const left = (tile.x - lonToTile(camera.lon, count)) * sidePx + size.width / 2;
      const top = (tile.y - latToTile(camera.lat, count)) * sidePx + size.height / 2;
      const picture = new Image();
      picture.alt = "";
      picture.style.cssText = `left:${left}px;top:${top}px;width:${sidePx + 0.5}px;height:${sidePx + 0.5}px`;
      picture.src = tileUrlOf(layer, tile).slice(TILE_PROTOCOL.length);
      return picture;
    }),
  );
  const day = formatDay(state.date);
  const tell = (): void => say(`Loading ${day}: ${came} of ${pictures.length} tiles`);
  tell();
  root.replaceChildren(...pictures);
  await Promise.all(
    pictures.map(async (picture) => {
      // A tile without imagery is no picture; the map tells of those that fail.
      await picture.decode().catch(() => picture.remove());
      came++;
      if (globalThis.tectile !== undefined) tell();
    }),
  );
}
