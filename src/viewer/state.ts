/** Everything that the page shows, and nothing that can be worked out from it: what a permalink holds. */
export interface ViewState {
  readonly collection: string | undefined;
  /** Id of a registered search that shows instead. */
  readonly search: string | undefined;
  /** A look of its own and which items it is of, as the query of a tile: what map.html was asked with. */
  readonly look: string | undefined;
  /** Day of the picture, "2021-06-26". */
  readonly date: string | undefined;
  /** Day right of the divider; undefined when not comparing. */
  readonly compare: string | undefined;
  readonly render: string | undefined;
  /** 0..1. */
  readonly opacity: number;
  /** True hides what other dates would fill in. */
  readonly only: boolean;
  /** True fills clouds from other dates; undefined: where the collection has clouds. */
  readonly cloudFree: boolean | undefined;
  /** Stripes over pixels that were inferred. */
  readonly hatch: boolean;
  readonly footprints: boolean;
  /** First and last day of what is played and filmed; undefined: from the first date, to the last. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Of playing, 1 as it was made. */
  readonly speed: Speed;
  readonly camera: Camera | undefined;
}

export const SPEEDS = [0.5, 1, 2, 4] as const;
export type Speed = (typeof SPEEDS)[number];

export interface Camera {
  readonly zoom: number;
  readonly lon: number;
  readonly lat: number;
}

/** What the page is of: what it asks the server for before its tiles. */
export type Subject = Pick<ViewState, "collection" | "search" | "look">;

/** Holds the state and tells of changes. */
export interface Store {
  get(): ViewState;
  /** Merges a change and tells every listener, with the state before; nothing happens where nothing differs. */
  set(change: Partial<ViewState>): void;
  listen(listener: (state: ViewState, before: ViewState) => void): void;
}

const START: ViewState = {
  collection: undefined,
  search: undefined,
  look: undefined,
  date: undefined,
  compare: undefined,
  render: undefined,
  opacity: 1,
  only: false,
  cloudFree: undefined,
  hatch: true,
  footprints: true,
  from: undefined,
  to: undefined,
  speed: 1,
  camera: undefined,
};

/** A store that starts from the location's hash. */
export function createStore(hash: string): Store {
  let state: ViewState = { ...START, ...parseHash(hash) };
  const listeners: ((state: ViewState, before: ViewState) => void)[] = [];
  return {
    get: () => state,
    set(change) {
      const before = state;
      const next = { ...state, ...change };
      if (formatHash(next) === formatHash(before)) return;
      state = next;
      for (const listener of listeners) listener(next, before);
    },
    listen(listener) {
      listeners.push(listener);
    },
  };
}

/** "#collection=demo&date=2021-06-26&at=12.5/42.1/2.8": the state as a permalink; defaults are left out. */
export function formatHash(state: ViewState): string {
  const query = new URLSearchParams();
  for (const key of ["collection", "search", "date", "compare", "render", "look", "from", "to"] as const) {
    const value = state[key];
    if (value !== undefined) query.set(key, value);
  }
  if (state.opacity !== START.opacity) query.set("opacity", String(state.opacity));
  if (state.only) query.set("only", "1");
  if (state.cloudFree !== undefined) query.set("clear", state.cloudFree ? "1" : "0");
  if (!state.hatch) query.set("hatch", "0");
  if (!state.footprints) query.set("footprints", "0");
  if (state.speed !== START.speed) query.set("speed", String(state.speed));
  const { camera } = state;
  if (camera !== undefined)
    query.set("at", [camera.zoom.toFixed(2), camera.lat.toFixed(5), camera.lon.toFixed(5)].join("/"));
  return `#${query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}

/** What a hash says; what it doesn't say, or says wrongly, is the default. */
export function parseHash(hash: string): ViewState {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const day = (key: string): string | undefined => {
    const value = query.get(key) ?? "";
    return /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;
  };
  const opacity = Number(query.get("opacity") ?? 1);
  return {
    collection: query.get("collection") ?? undefined,
    search: query.get("search") ?? undefined,
    look: query.get("look") || undefined,
    date: day("date"),
    compare: day("compare"),
    render: query.get("render") ?? undefined,
    opacity: opacity >= 0 && opacity <= 1 ? opacity : 1,
    only: query.get("only") === "1",
    cloudFree: query.has("clear") ? query.get("clear") === "1" : undefined,
    hatch: query.get("hatch") !== "0",
    footprints: query.get("footprints") !== "0",
    from: day("from"),
    to: day("to"),
    speed: SPEEDS.find((speed) => String(speed) === query.get("speed")) ?? START.speed,
    camera: parseCamera(query.get("at")),
  };
}

function parseCamera(value: string | null): Camera | undefined {
  const [zoom = Number.NaN, lat = Number.NaN, lon = Number.NaN] = (value ?? "")
    .split("/")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const sound = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 86 && Math.abs(lon) <= 540;
  return sound ? { zoom, lat, lon } : undefined;
}

/** Browsers refuse more than some hundred changes of the address in half a minute. */
const HASH_DELAY_MS = 250;

/** Keeps the address a permalink of the store's state, and follows it when a person changes it; `move` is told of a new camera. */
export function followHash(store: Store, move: (camera: Camera) => void): void {
  let timer = 0;
  store.listen(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => history.replaceState(null, "", formatHash(store.get())), HASH_DELAY_MS);
  });
  window.addEventListener("hashchange", () => {
    const state = parseHash(location.hash);
    store.set(state);
    if (state.camera !== undefined) move(state.camera);
  });
}
