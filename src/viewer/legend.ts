import type { RenderChoice } from "./api.js";
import { make } from "./dom.js";

/** Five colours of each colormap that presets use (matplotlib), low to high: enough for a legend. */
const STOPS: Readonly<Record<string, string>> = {
  rdylgn: "#a50026,#f88d52,#feffbe,#84ca66,#006837",
  rdbu: "#67001f,#f4a582,#f7f7f7,#92c5de,#053061",
  brbg: "#543005,#dfc27d,#f5f5f5,#80cdc1,#003c30",
  viridis: "#440154,#3b528b,#21918c,#5ec962,#fde725",
  magma: "#000004,#51127c,#b73779,#fc8961,#fcfdbf",
  greens: "#f7fcf5,#c7e9c0,#74c476,#238b45,#00441b",
  ylgn: "#ffffe5,#d9f0a3,#78c679,#238443,#004529",
  blues: "#f7fbff,#c6dbef,#6baed6,#2171b5,#08306b",
};

/** Shows the colours and the range of an index; hides where the render has no colormap that is known here. */
export function drawLegend(target: HTMLElement, render: RenderChoice): void {
  const { colormap, range } = render;
  const name = colormap?.replace(/_r$/, "") ?? "";
  const stops = (STOPS[name] ?? "").split(",");
  target.hidden = range === undefined || stops.length < 2;
  if (range === undefined || stops.length < 2) return;
  const ordered = colormap === name ? stops : stops.toReversed();
  const bar = make("div", { class: "ramp", style: `background:linear-gradient(90deg,${ordered.join(",")})` });
  const [min, max] = range;
  target.replaceChildren(
    bar,
    make(
      "div",
      { class: "ends" },
      make("span", {}, String(min)),
      make("span", {}, String((min + max) / 2)),
      make("span", {}, String(max)),
    ),
  );
}
