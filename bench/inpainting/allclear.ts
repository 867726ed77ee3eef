// AllClear's test split (Zhou et al. 2024) by its own protocol and metrics, for those who have it: github.com/Zhou-Hangyu/allclear.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inpaint } from "../../src/tile/inpaint/inpaint.js";
import { ROOT } from "../support/report.js";
import {
  ALLCLEAR_BANDS,
  ALLCLEAR_PX,
  filesOf,
  readAllClearRecords,
  readAllClearSample,
  type AllClearSample,
} from "./allclear-dataset.js";
import { meanScore, scoreAllClear, type AllClearScore } from "./allclear-metrics.js";
import { addErrors, createScore, table } from "./score.js";

const METHODS = ["least cloudy", "mosaicing", "nearest", "linear"] as const;
type Method = (typeof METHODS)[number];

const { values } = parseArgs({
  options: {
    root: { type: "string", default: join(ROOT, "../shared/data/allclear") },
    dataset: { type: "string", default: "test_tx3_s2-s1_100pct_1proi" },
    samples: { type: "string", default: "1000000" },
  },
});

const metadata = join(values.root, "metadata", "datasets", `${values.dataset}.json`);
const data = join(values.root, "data");
if (existsSync(metadata)) await measure();
else {
  console.log(
    `AllClear is not here: ${metadata} is missing; give the folder that its download.py filled with metadata/ and data/ by --root.`,
  );
  process.exitCode = 1;
}

async function measure(): Promise<void> {
  const records = await readAllClearRecords(metadata);
  const complete = records.filter((record) => filesOf(record, data).every((path) => existsSync(path)));
  const step = Math.max(1, complete.length / Number(values.samples));
  const chosen = complete.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  console.log(
    `AllClear ${values.dataset}: ${records.length} samples, ${complete.length} here, ${chosen.length} measured`,
  );
  const published = new Map<Method, AllClearScore[]>(METHODS.map((method) => [method, []]));
  const pooled = new Map(METHODS.map((method) => [`scored|${method}`, createScore()]));
  const place = { width: ALLCLEAR_PX, height: ALLCLEAR_PX, bands: ALLCLEAR_BANDS };
  for (const record of chosen) {
    const sample = await readAllClearSample(record, data);
    const { samples: target, clear } = sample.target;
    for (const method of METHODS) {
      const output = fill(method, sample);
      published.get(method)?.push(scoreAllClear({ output, target, clear, width: ALLCLEAR_PX }));
      const score = pooled.get(`scored|${method}`);
      if (score !== undefined)
        addErrors(score, { filled: output, truth: target, place, inside: (i) => clear[i] !== 0 });
    }
  }
  console.log("As AllClear scores: means over images, all pixels that the target shows clear");
  console.table(METHODS.map((method) => rowOf(method, meanScore(published.get(method) ?? []))));
  console.log("As bench/inpainting/main.js scores, the same pixels pooled");
  table(pooled, METHODS, new Map());
}

function rowOf(method: Method, score: AllClearScore): Readonly<Record<string, string>> {
  const { psnr, ssim, mae, rmse, angle, publishedAngle } = score;
  return {
    method,
    "PSNR dB": psnr.toFixed(2),
    SSIM: ssim.toFixed(4),
    MAE: mae.toFixed(4),
    RMSE: rmse.toFixed(4),
    "SAM °": angle.toFixed(2),
    "SAM as published °": publishedAngle.toFixed(2),
  };
}

/** The target's date from the inputs alone: nothing of the target is given, so nothing can be fitted to it. */
function fill(method: Method, { inputs, target }: AllClearSample): Float32Array {
  if (method === "least cloudy") return leastCloudy(inputs);
  if (method === "mosaicing") return mosaicing(inputs);
  const pixels = target.clear.length;
  const image = {
    width: ALLCLEAR_PX,
    height: ALLCLEAR_PX,
    bands: ALLCLEAR_BANDS,
    samples: new Float32Array(ALLCLEAR_BANDS * pixels),
    clear: new Uint8Array(pixels),
    reach: new Uint8Array(pixels).fill(1),
  };
  const looks = inputs.map((input) => ({ ...input, days: input.days - target.days }));
  return inpaint(image, looks, method).samples;
}

function leastCloudy(inputs: AllClearSample["inputs"]): Float32Array {
  const share = ({ clear }: AllClearSample["target"]): number => clear.reduce((sum, c) => sum + c, 0);
  const [best] = inputs.toSorted((a, b) => share(b) - share(a));
  return best?.samples ?? new Float32Array();
}

/** The mean of the clear looks, and half of the range where there is none. */
function mosaicing(inputs: AllClearSample["inputs"]): Float32Array {
  const [first] = inputs;
  return (first?.samples ?? new Float32Array()).map((_, at) => {
    let [sum, count] = [0, 0];
    for (const { samples, clear } of inputs) {
      if (clear[at % clear.length] === 0) continue;
      sum += samples[at] ?? 0;
      count++;
    }
    return count === 0 ? 5000 : sum / count;
  });
}
