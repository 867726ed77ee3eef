import spectralRenders from "../../plugins/spectral-renders.js";
import { RENDERS } from "../../src/core/render-presets.js";
import { testRenders } from "./render.js";

testRenders("built-in renders", RENDERS);
testRenders("spectral-renders", spectralRenders.renders ?? {});
