import type { Map as MapLibreMap } from "maplibre-gl";
import type { Frame } from "./frames.js";

/** The imagery on one map: shows one frame, keeps a few others loaded, and never leaves the map blank between two. */
export interface FrameStack {
  /** Puts a frame on top at once; what was shown stays below it until the new one has loaded. */
  show(frame: Frame): void;
  /** Loads a frame unseen; true when it is ready, false when another load took its place or it took too long. */
  preload(frame: Frame): Promise<boolean>;
  setOpacity(opacity: number): void;
  /** Drops everything: another collection. */
  clear(): void;
}

/** Frames kept on the map beside the one that shows: back and forth costs nothing, panning reloads few. */
const KEPT = 3;
const LOAD_TIMEOUT_MS = 15_000;
const POLL_MS = 80;
const FADE_MS = 220;

/** `before` is the id of the style's layer under which imagery lies. The map's style must have loaded. */
export function createFrameStack(map: MapLibreMap, before: string): FrameStack {
  /** Oldest use first. */
  const frames = new Map<string, Frame>();
  let shown: Frame | undefined;
  let below: Frame | undefined;
  let opacity = 1;
  let turn = 0;

  const touch = (frame: Frame): void => {
    if (!frames.has(frame.key)) addFrame(map, frame, before);
    frames.delete(frame.key);
    frames.set(frame.key, frame);
  };
  const drop = (frame: Frame): void => {
    frames.delete(frame.key);
    removeFrame(map, frame);
  };
  const prune = (keep: number): void => {
    const spare = [...frames.values()].filter((frame) => frame !== shown && frame !== below);
    for (const frame of spare.slice(0, Math.max(0, spare.length - keep))) drop(frame);
  };
  const settle = (frame: Frame): void => {
    if (shown !== frame || below === undefined) return;
    if (below.key !== frame.key) fade(map, below, 0);
    below = undefined;
    prune(KEPT);
  };
  // Frames that nobody sees would load the new view too.
  map.on("movestart", () => prune(0));

  return {
    show(frame) {
      if (shown?.key === frame.key) return;
      const mine = ++turn;
      // Of frames that came and went before they had loaded, the one that was whole stays below.
      const passing = below === undefined ? undefined : shown;
      below ??= shown;
      shown = frames.get(frame.key) ?? frame;
      touch(shown);
      for (const id of layerIds(shown)) map.moveLayer(id, before);
      fade(map, shown, opacity);
      if (passing !== undefined && passing !== below && passing.key !== frame.key) drop(passing);
      const showing = shown;
      void loaded(map, showing, () => mine !== turn).then(() => settle(showing));
    },
    async preload(frame) {
      const mine = turn;
      const known = frames.get(frame.key) ?? frame;
      touch(known);
      prune(KEPT);
      return loaded(map, known, () => mine !== turn || !frames.has(known.key));
    },
    setOpacity(value) {
      opacity = value;
      if (shown !== undefined) fade(map, shown, value);
    },
    clear() {
      turn++;
      for (const frame of frames.values()) removeFrame(map, frame);
      frames.clear();
      shown = undefined;
      below = undefined;
    },
  };
}

/** Source and layer ids are the same. */
function layerIds(frame: Frame): readonly string[] {
  return frame.layers.map((_, i) => `frame|${frame.key}|${i}`);
}

function addFrame(map: MapLibreMap, frame: Frame, before: string): void {
  for (const [i, id] of layerIds(frame).entries()) {
    const layer = frame.layers[i];
    if (layer === undefined) continue;
    const [west, south, east, north] = layer.bounds;
    map.addSource(id, {
      type: "raster",
      tiles: [layer.url],
      tileSize: 256,
      minzoom: layer.minzoom,
      maxzoom: layer.maxzoom,
      // Bounds across the antimeridian can't be told to MapLibre: then every tile is asked for.
      ...(west < east ? { bounds: [west, south, east, north] as [number, number, number, number] } : {}),
    });
    const fadeMs = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : FADE_MS;
    const paint = {
      "raster-opacity": 0,
      "raster-fade-duration": fadeMs,
      "raster-opacity-transition": { duration: fadeMs },
    };
    map.addLayer({ id, type: "raster", source: id, paint }, before);
  }
}

function removeFrame(map: MapLibreMap, frame: Frame): void {
  for (const id of layerIds(frame)) {
    if (map.getLayer(id) !== undefined) map.removeLayer(id);
    if (map.getSource(id) !== undefined) map.removeSource(id);
  }
}

function fade(map: MapLibreMap, frame: Frame, opacity: number): void {
  for (const id of layerIds(frame))
    if (map.getLayer(id) !== undefined) map.setPaintProperty(id, "raster-opacity", opacity);
}

/** Waits until every tile in view has come or failed; false when given up or late. */
async function loaded(map: MapLibreMap, frame: Frame, givenUp: () => boolean): Promise<boolean> {
  const until = performance.now() + LOAD_TIMEOUT_MS;
  const ids = layerIds(frame);
  // A source knows its tiles only after a render, which adding it has asked for.
  await rendered(map);
  while (performance.now() < until) {
    if (givenUp()) return false;
    if (ids.every((id) => map.getSource(id) === undefined || map.isSourceLoaded(id))) return true;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return false;
}

/** Waits for the map's next picture, or a little while where none is due. */
async function rendered(map: MapLibreMap): Promise<void> {
  await Promise.race([map.once("render"), new Promise((done) => setTimeout(done, 3 * POLL_MS))]);
}
