import { formatDay } from "./dates.js";
import { makeSvg } from "./dom.js";
import type { PointValue } from "./point-values.js";

/** What a chart shows. */
export interface Charted {
  /** Oldest first, at least one. */
  readonly values: readonly PointValue[];
  readonly title: string;
  /** The date that the map shows, "2024-05-25". */
  readonly day: string;
}

const WIDTH = 264;
const HEIGHT = 116;
/** Room for the numbers at the left and the dates below. */
const FRAME = { left: 34, right: 8, top: 8, bottom: 20 };

/** A line through the values over time: full points were seen, hollow ones not; the map's date has a line of its own. */
export function drawChart({ values, title, day }: Charted): SVGSVGElement {
  const { x, y, low, high } = scalesOf(values);
  const points = values.map((value) => ({ ...value, x: x(value.time), y: y(value.value) }));
  const chart = makeSvg("svg", {
    class: "chart",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${title} over ${values.length} dates, from ${formatValue(Math.min(...values.map(({ value }) => value)))} to ${formatValue(Math.max(...values.map(({ value }) => value)))}`,
  });
  const axes = [low, (low + high) / 2, high].flatMap((value) => [
    makeSvg("line", { class: "grid", x1: FRAME.left, x2: WIDTH - FRAME.right, y1: y(value), y2: y(value) }),
    label(formatValue(value), { x: FRAME.left - 5, y: y(value) + 3.5, "text-anchor": "end" }),
  ]);
  const line = makeSvg("polyline", { class: "line", points: points.map((point) => `${point.x},${point.y}`).join(" ") });
  const shown = points.find(({ time }) => dayOf(time) === day);
  const marker =
    shown === undefined
      ? []
      : [makeSvg("line", { class: "today", x1: shown.x, x2: shown.x, y1: FRAME.top, y2: HEIGHT - FRAME.bottom })];
  const dots = points.map((point) => {
    const kind = `${point.seen ? "seen" : "hollow"}${point === shown ? " now" : ""}`;
    const dot = makeSvg("circle", { class: kind, cx: point.x, cy: point.y, r: point === shown ? 4.5 : 3.2 });
    const title = makeSvg("title", {});
    title.textContent = `${formatDay(dayOf(point.time))}: ${formatValue(point.value)}${point.seen ? "" : ", not seen"}`;
    dot.append(title);
    return dot;
  });
  chart.append(...axes, ...dateLabels(values), ...marker, line, ...dots);
  return chart;
}

function scalesOf(values: readonly PointValue[]) {
  const numbers = values.map(({ value }) => value);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const margin = Math.max((most - least) * 0.12, Math.abs(most) * 0.02, 1e-3);
  const [low, high] = [least - margin, most + margin];
  const [first, last] = [values[0]?.time ?? 0, values.at(-1)?.time ?? 0];
  const [width, height] = [WIDTH - FRAME.left - FRAME.right - 12, HEIGHT - FRAME.top - FRAME.bottom];
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    low,
    high,
    x: (time: number) => round(FRAME.left + 6 + (last > first ? (time - first) / (last - first) : 0.5) * width),
    y: (value: number) => round(FRAME.top + ((high - value) / (high - low)) * height),
  };
}

function dateLabels(values: readonly PointValue[]): readonly SVGElement[] {
  const [first, last] = [values[0]?.time ?? 0, values.at(-1)?.time ?? 0];
  const y = HEIGHT - 5;
  if (first === last) return [label(formatDay(dayOf(first)), { x: WIDTH / 2, y, "text-anchor": "middle" })];
  return [
    label(formatDay(dayOf(first)), { x: FRAME.left, y, "text-anchor": "start" }),
    label(formatDay(dayOf(last)), { x: WIDTH - FRAME.right, y, "text-anchor": "end" }),
  ];
}

function label(text: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = makeSvg("text", attributes);
  made.textContent = text;
  return made;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** As many digits as a person reads. */
export function formatValue(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(2);
}
