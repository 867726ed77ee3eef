/** Bounds of expected errors that are counted together, digital numbers. */
const BOUNDS = [50, 100, 200, 400, 800, Infinity] as const;

/** Holds expected errors against real ones. */
export class Calibration {
  /** Sums; as an earlier run left them. */
  readonly bins: readonly { samples: number; expected: number; real: number }[];

  constructor(bins: Calibration["bins"] = BOUNDS.map(() => ({ samples: 0, expected: 0, real: 0 }))) {
    this.bins = bins;
  }

  /** `expected` is one value a pixel, `filled` and `truth` [bands][pixels]. */
  add(compared: {
    readonly filled: Float32Array;
    readonly truth: Float32Array;
    readonly expected: Float32Array;
    readonly inside: (pixel: number) => boolean;
  }): void {
    const { filled, truth, expected, inside } = compared;
    for (let i = 0; i < expected.length; i++) {
      const error = expected[i] ?? Number.NaN;
      const bin = this.bins[BOUNDS.findIndex((bound) => error < bound)];
      if (bin === undefined || !inside(i)) continue;
      for (let at = i; at < filled.length; at += expected.length) {
        bin.samples++;
        bin.expected += error ** 2;
        bin.real += ((filled[at] ?? 0) - (truth[at] ?? 0)) ** 2;
      }
    }
  }

  print(): void {
    const sum = (of: "samples" | "expected" | "real"): number => this.bins.reduce((total, bin) => total + bin[of], 0);
    const all = { samples: sum("samples"), expected: sum("expected"), real: sum("real") };
    console.log("expected against real errors of tec, digital numbers, root mean square");
    console.table(
      [...this.bins, all].flatMap(({ samples, expected, real }, i) =>
        samples === 0
          ? []
          : [
              {
                expected: BOUNDS[i] === undefined ? "all" : `to ${BOUNDS[i]}`,
                pixels: samples / 12,
                "mean expected": Math.sqrt(expected / samples).toFixed(0),
                real: Math.sqrt(real / samples).toFixed(0),
                "real / expected": Math.sqrt(real / expected).toFixed(2),
              },
            ],
      ),
    );
  }
}
