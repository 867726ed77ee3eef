import type { Map as MapLibreMap } from "maplibre-gl";
import type { Frame } from "./frames.js";

/** The imagery on one map: shows one frame, keeps a few others loaded, and never leaves the map blank between two. */
export interface FrameStack {
  /**
   * Shows a frame; `first` is shown meanwhile where it comes sooner. What was shown stays below until every tile in view has come, however long that
   * takes, and where tiles fail for good.
   */
  show(frame: Frame, first?: Frame): void;
  /** Loads a frame unseen, one at a time; resolves when no tile of it is awaited, or it is dropped. */
  preload(frame: Frame): Promise<void>;
  /** The frame that was last whole; undefined before the first. */
  whole(): Frame | undefined;
  /** The frame that is being loaded over it; undefined where that one is whole. */
  coming(): Frame | undefined;
  setOpacity(opacity: number): void;
  /** Asks again for the tiles that have failed. */
  retry(): void;
  /** Drops everything: another collection. */
  clear(): void;
}

export interface FrameStackUse {
  /** Id of the style's layer under which imagery lies. */
  readonly before: string;
  /** Whether a tile of the frame in view has failed. */
  readonly hasFailed: (frame: Frame) => boolean;
  /** Another frame is whole, or is coming. */
  readonly changed: () => void;
}

/** Frames kept on the map beside the one that shows: back and forth costs nothing, panning reloads few. */
const KEPT = 3;
const POLL_MS = 50;
export const FADE_MS = 150;

/** The map's style must have loaded. */
export function createFrameStack(map: MapLibreMap, use: FrameStackUse): FrameStack {
  /** Oldest use first. */
  const frames = new Map<string, Frame>();
  /** Bottom first; the lowest was whole, unless none has been yet. */
  let visible: readonly Frame[] = [];
  let whole: Frame | undefined;
  let wanted: Frame | undefined;
  let opacity = 1;
  let turn = 0;

  const touch = (frame: Frame): Frame => {
    const known = frames.get(frame.key) ?? frame;
    if (!frames.has(frame.key)) addFrame(map, frame, use.before);
    frames.delete(frame.key);
    frames.set(frame.key, known);
    return known;
  };
  const drop = (frame: Frame): void => {
    frames.delete(frame.key);
    removeFrame(map, frame);
  };
  const prune = (keep: number): void => {
    const spare = [...frames.values()].filter((frame) => !visible.includes(frame));
    for (const frame of spare.slice(0, Math.max(0, spare.length - keep))) drop(frame);
  };
  const isWhole = (frame: Frame): boolean => isLoaded(map, frame) && !use.hasFailed(frame);
  const raise = (frame: Frame): void => {
    for (const id of layerIds(frame)) map.moveLayer(id, use.before);
    fade(map, frame, opacity);
    visible = [...visible.filter((other) => other !== frame), frame];
  };
  const settle = (frame: Frame): void => {
    for (const other of visible) if (other !== frame) fade(map, other, 0);
    visible = [frame];
    whole = frame;
    prune(KEPT);
    use.changed();
  };
  const bring = async (steps: readonly Frame[], mine: number): Promise<void> => {
    for (const step of steps) {
      const frame = touch(step);
      raise(frame);
      // A source knows its tiles only after a render, which adding it has asked for.
      if (!isLoaded(map, frame)) await rendered(map);
      while (turn === mine && !isWhole(frame)) await pause(POLL_MS);
      if (turn !== mine) return;
      settle(frame);
    }
  };
  // Frames that nobody sees would load the new view too.
  map.on("movestart", () => prune(0));

  return {
    show(frame, first) {
      if (wanted?.key === frame.key) return;
      const mine = ++turn;
      wanted = frame;
      const [base, ...passing] = visible;
      visible = base === undefined ? [] : [base];
      // What came and went before it was whole makes way, and its tiles for those of the new frame.
      for (const other of passing) {
        if (other.key === frame.key || other.key === first?.key) fade(map, other, 0);
        else drop(other);
      }
      for (const other of frames.values())
        if (!visible.includes(other) && other.key !== frame.key && other.key !== first?.key && !isLoaded(map, other))
          drop(other);
      const ready = frames.get(frame.key);
      const isReady = first === undefined || (ready !== undefined && isWhole(ready));
      void bring(isReady ? [frame] : [first, frame], mine);
      use.changed();
    },
    async preload(frame) {
      const mine = turn;
      const known = touch(frame);
      prune(KEPT);
      await rendered(map);
      while (turn === mine && frames.has(known.key) && !isLoaded(map, known)) await pause(POLL_MS);
    },
    whole: () => whole,
    coming: () => (wanted === undefined || wanted.key === whole?.key ? undefined : wanted),
    setOpacity(value) {
      opacity = value;
      for (const frame of visible) fade(map, frame, value);
    },
    retry() {
      for (const frame of frames.values())
        if (use.hasFailed(frame)) for (const id of layerIds(frame)) map.refreshTiles(id);
    },
    clear() {
      turn++;
      for (const frame of frames.values()) removeFrame(map, frame);
      frames.clear();
      visible = [];
      whole = undefined;
      wanted = undefined;
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

/** No tile in view is awaited. */
function isLoaded(map: MapLibreMap, frame: Frame): boolean {
  return layerIds(frame).every((id) => map.getSource(id) === undefined || map.isSourceLoaded(id));
}

/** Waits for the map's next picture, or a little while where none is due. */
async function rendered(map: MapLibreMap): Promise<void> {
  await Promise.race([map.once("render"), pause(3 * POLL_MS)]);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
