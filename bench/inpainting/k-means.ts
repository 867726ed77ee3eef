/** Vectors of equal width, one after the other. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

/** Rows that the centres are found with, and how often they move. */
const [SAMPLE, ROUNDS] = [4096, 25];

/** Which of `count` classes each row belongs to: Lloyd's k-means from k-means++ centres over a sample of the rows, then all rows by the nearest centre. */
export function classesOf(rows: Rows, count: number, random: () => number): Uint8Array {
  const { values, width } = rows;
  const total = values.length / width;
  const sample = Array.from({ length: Math.min(SAMPLE, total) }, () => Math.floor(random() * total));
  const rowOf = (i: number): Float32Array => values.subarray(i * width, (i + 1) * width);
  let centres: Float32Array[] = [rowOf(sample[0] ?? 0).slice()];
  while (centres.length < count) {
    const squares = sample.map((i) => nearestOf(rowOf(i), centres).square);
    let left = random() * squares.reduce((a, b) => a + b, 0);
    const next = squares.findIndex((square) => (left -= square) <= 0);
    centres.push(rowOf(sample[Math.max(0, next)] ?? 0).slice());
  }
  for (let round = 0; round < ROUNDS; round++) {
    const groups = groupBy(sample, (i) => nearestOf(rowOf(i), centres).centre);
    centres = centres.map((centre, k) => {
      const members = groups.get(k) ?? [];
      if (members.length === 0) return centre;
      return centre.map((_, d) => members.reduce((sum, i) => sum + (values[i * width + d] ?? 0), 0) / members.length);
    });
  }
  return Uint8Array.from({ length: total }, (_, i) => nearestOf(rowOf(i), centres).centre);
}

function nearestOf(
  row: Float32Array,
  centres: readonly Float32Array[],
): { readonly centre: number; readonly square: number } {
  let [centre, least] = [0, Infinity];
  centres.forEach((one, k) => {
    let square = 0;
    for (let d = 0; d < row.length; d++) square += ((row[d] ?? 0) - (one[d] ?? 0)) ** 2;
    if (square < least) [centre, least] = [k, square];
  });
  return { centre, square: least };
}

/** Values by what they have in common, in their order. */
export function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
