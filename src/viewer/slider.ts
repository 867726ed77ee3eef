import { formatDay } from "./dates.js";
import type { DateEntry } from "./dates.js";
import { icon, make } from "./dom.js";
import { axisLabels, nearestIndex, placeDates } from "./time-axis.js";

/** Which of the two dates: the picture, or what it is compared with. */
export type Side = "date" | "compare";

/** The bar of dates at the bottom. */
export interface Timeline {
  setEntries(entries: readonly DateEntry[]): void;
  /** Shows which dates are chosen; `compare` undefined hides the second one. */
  select(date: string | undefined, compare: string | undefined): void;
  /** Shows which days play; undefined: from the first, to the last. */
  setRange(from: string | undefined, to: string | undefined): void;
  setPlaying(playing: boolean): void;
  /** The side that steps, plays and follows clicks. */
  active(): Side;
  /** Goes on by dates on the active side, negative back. */
  step(count: number): void;
}

export interface TimelineActions {
  readonly pick: (day: string, side: Side) => void;
  readonly togglePlay: () => void;
}

const MIN_GAP_PX = 13;
const LABEL_GAP_PX = 46;
const PLAY = "M7 4.5v15l12-7.5z";
const PAUSE = "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z";

/** Builds the timeline in `root`. Click, drag, arrow keys, Home, End and the space bar work. */
export function createTimeline(root: HTMLElement, actions: TimelineActions): Timeline {
  const parts = buildParts();
  root.replaceChildren(parts.head, parts.track);
  let entries: readonly DateEntry[] = [];
  let xs: readonly number[] = [];
  let side: Side = "date";
  const chosen: Record<Side, string | undefined> = { date: undefined, compare: undefined };
  let range: readonly [from: string | undefined, to: string | undefined] = [undefined, undefined];

  const indexOf = (which: Side): number => entries.findIndex((entry) => entry.day === chosen[which]);
  const pick = (index: number, which: Side): void => {
    const entry = entries[Math.max(0, Math.min(entries.length - 1, index))];
    if (entry !== undefined && entry.day !== chosen[which]) actions.pick(entry.day, which);
  };
  const draw = (): void => {
    const shown = (which: Side): Chosen => {
      const index = indexOf(which);
      return { entry: entries[index], index, count: entries.length, x: xs[index] };
    };
    drawSides(parts, { date: shown("date"), compare: shown("compare") }, side);
    drawRange(parts, range, { entries, xs });
  };
  const layOut = (): void => {
    const width = parts.rail.clientWidth;
    xs = placeDates(entries, width, MIN_GAP_PX);
    parts.marks.replaceChildren(...entries.map((entry, i) => markOf(entry, xs[i] ?? 0)));
    parts.axis.replaceChildren(
      ...axisLabels(entries, xs, LABEL_GAP_PX).map(({ x, text }) => make("span", { style: `left:${x}px` }, text)),
    );
    draw();
  };

  new ResizeObserver(layOut).observe(parts.rail);
  followPointer(parts, {
    indexAt: (x) => nearestIndex(xs, x),
    pick: (index) => pick(index, side),
    name: (index) => ({ text: entries[index] === undefined ? "" : describe(entries[index]), x: xs[index] ?? 0 }),
  });
  for (const which of SIDES) {
    parts.thumbs[which].addEventListener("focus", () => activate(which));
    parts.chips[which].addEventListener("click", () => activate(which));
    followKeys(parts.thumbs[which], {
      move: (key) => {
        const target = keyTarget(key, indexOf(which), entries.length);
        if (target !== undefined) pick(target, which);
        return target !== undefined;
      },
      togglePlay: actions.togglePlay,
    });
  }
  function activate(which: Side): void {
    side = which;
    draw();
  }
  parts.play.addEventListener("click", actions.togglePlay);
  parts.previous.addEventListener("click", () => pick(indexOf(side) - 1, side));
  parts.next.addEventListener("click", () => pick(indexOf(side) + 1, side));

  return {
    setEntries(list) {
      entries = list;
      layOut();
    },
    select(date, compare) {
      chosen.date = date;
      chosen.compare = compare;
      if (compare === undefined) side = "date";
      draw();
    },
    setRange(from, to) {
      range = [from, to];
      draw();
    },
    setPlaying(playing) {
      parts.play.replaceChildren(icon(playing ? PAUSE : PLAY));
      parts.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    },
    active: () => side,
    step: (count) => pick(indexOf(side) + count, side),
  };
}

const SIDES: readonly Side[] = ["date", "compare"];
const SIDE_NAMES: Readonly<Record<Side, string>> = { date: "Date", compare: "Date to compare with" };

function buildParts() {
  const button = (label: string, path: string, kind = "icon"): HTMLButtonElement =>
    make("button", { type: "button", class: kind, "aria-label": label }, icon(path));
  const chip = (side: Side): HTMLButtonElement =>
    make("button", { type: "button", class: `chip ${side}` }, make("strong"), make("span"));
  const thumb = (side: Side): HTMLElement =>
    make("div", {
      class: `thumb ${side}`,
      role: "slider",
      tabindex: "0",
      "aria-label": SIDE_NAMES[side],
      "aria-valuemin": "1",
    });
  const [play, previous, next] = [
    button("Play", PLAY, "icon play"),
    button("Previous date", "M15 5l-7 7 7 7"),
    button("Next date", "M9 5l7 7-7 7"),
  ];
  const chips: Readonly<Record<Side, HTMLButtonElement>> = { date: chip("date"), compare: chip("compare") };
  const thumbs: Readonly<Record<Side, HTMLElement>> = { date: thumb("date"), compare: thumb("compare") };
  const [marks, axis, hint] = [
    make("div", { class: "marks" }),
    make("div", { class: "axis" }),
    make("div", { class: "hint", hidden: "" }),
  ];
  const range = make("div", { class: "range", hidden: "" });
  const rail = make("div", { class: "rail" }, range, axis, marks, hint, thumbs.compare, thumbs.date);
  const track = make("div", { class: "track" }, rail);
  const head = make(
    "div",
    { class: "head" },
    play,
    previous,
    make("div", { class: "chips" }, chips.date, chips.compare),
    next,
  );
  return { head, track, rail, range, marks, axis, hint, play, previous, next, chips, thumbs };
}

type Parts = ReturnType<typeof buildParts>;

interface Chosen {
  readonly entry: DateEntry | undefined;
  readonly index: number;
  readonly count: number;
  readonly x: number | undefined;
}

function drawSides(parts: Parts, chosen: Readonly<Record<Side, Chosen>>, active: Side): void {
  for (const side of SIDES) {
    drawSide(parts, side, chosen[side]);
    parts.chips[side].setAttribute("aria-pressed", String(side === active));
  }
  parts.head.classList.toggle("comparing", chosen.compare.entry !== undefined);
  for (const [i, mark] of [...parts.marks.children].entries()) {
    mark.classList.toggle("on", i === chosen.date.index);
    mark.classList.toggle("on-compare", i === chosen.compare.index);
  }
}

/** A band under the marks of the days that play; none where all do. */
function drawRange(
  { range }: Parts,
  [from, to]: readonly [from: string | undefined, to: string | undefined],
  { entries, xs }: { readonly entries: readonly DateEntry[]; readonly xs: readonly number[] },
): void {
  const played = [...entries.keys()].filter((i) => {
    const day = entries[i]?.day ?? "";
    return day >= (from ?? "") && day <= (to ?? "9999");
  });
  range.hidden = played.length === 0 || played.length === entries.length;
  const [left, right] = [xs[played[0] ?? 0] ?? 0, xs[played.at(-1) ?? 0] ?? 0];
  range.style.left = `${left - 6}px`;
  range.style.width = `${right - left + 12}px`;
}

function drawSide(parts: Parts, side: Side, { entry, index, count, x }: Chosen): void {
  const [thumb, chip] = [parts.thumbs[side], parts.chips[side]];
  thumb.hidden = chip.hidden = entry === undefined;
  if (entry === undefined) return;
  thumb.style.left = `${x ?? 0}px`;
  thumb.setAttribute("aria-valuemax", String(count));
  thumb.setAttribute("aria-valuenow", String(index + 1));
  thumb.setAttribute("aria-valuetext", describe(entry));
  const [day, note] = chip.children;
  if (day !== undefined) day.textContent = formatDay(entry.day);
  if (note !== undefined)
    note.textContent = [`${index + 1} of ${count}`, clearText(entry)].filter((part) => part !== "").join(" · ");
}

/** A bar from the rail up: the clearer the date, the higher and the bluer; hollow where nobody knows. */
function markOf(entry: DateEntry, x: number): HTMLElement {
  const { clearPercent, isAway = false } = entry;
  const away = isAway ? "away" : "";
  if (clearPercent === undefined) return make("i", { class: `unknown ${away}`, style: `left:${x}px` });
  const height = Math.round(5 + (clearPercent / 100) * 17);
  return make("i", { class: away, style: `left:${x}px;height:${height}px;--clear:${Math.round(clearPercent)}%` });
}

function followPointer(
  parts: Parts,
  use: {
    readonly indexAt: (x: number) => number;
    readonly pick: (index: number) => void;
    readonly name: (index: number) => { readonly text: string; readonly x: number };
  },
): void {
  const { track, rail, hint } = parts;
  const at = (event: PointerEvent): number => use.indexAt(event.clientX - rail.getBoundingClientRect().left);
  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    track.setPointerCapture(event.pointerId);
    use.pick(at(event));
  });
  track.addEventListener("pointermove", (event) => {
    const index = at(event);
    const { text, x } = use.name(index);
    hint.hidden = false;
    hint.textContent = text;
    hint.style.left = `${Math.max(70, Math.min(rail.clientWidth - 70, x))}px`;
    if (track.hasPointerCapture(event.pointerId)) use.pick(index);
  });
  for (const end of ["pointerleave", "pointerup", "pointercancel"])
    track.addEventListener(end, () => (hint.hidden = true));
}

/** Keys on a thumb: `move` says whether it knew the key. */
function followKeys(
  thumb: HTMLElement,
  use: { readonly move: (key: string) => boolean; readonly togglePlay: () => void },
): void {
  thumb.addEventListener("keydown", (event) => {
    if (event.key === " ") use.togglePlay();
    else if (!use.move(event.key)) return;
    event.preventDefault();
  });
}

/** Where a key moves the thumb to; undefined for keys that don't. */
function keyTarget(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return index + 1;
    case "ArrowLeft":
    case "ArrowDown":
      return index - 1;
    case "PageUp":
      return index + 5;
    case "PageDown":
      return index - 5;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

function describe(entry: DateEntry): string {
  return [formatDay(entry.day), clearText(entry)].filter((part) => part !== "").join(", ");
}

function clearText(entry: DateEntry): string {
  if (entry.isAway === true) return "not in view";
  return entry.clearPercent === undefined ? "" : `${Math.round(entry.clearPercent)} % clear`;
}
