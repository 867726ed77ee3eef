/** Texts by number, one behind the other in one buffer: of a million, no object each. */
export class TextList {
  readonly bytes: Buffer;
  /** Where each ends. */
  private readonly ends: Float64Array;

  constructor(bytes: Buffer, ends: Float64Array) {
    this.bytes = bytes;
    this.ends = ends;
  }

  range(i: number): readonly [from: number, to: number] {
    return [this.ends[i - 1] ?? 0, this.ends[i] ?? 0];
  }

  at(i: number): string {
    const [from, to] = this.range(i);
    return this.bytes.toString("utf8", from, to);
  }

  piece(i: number): Buffer {
    return this.bytes.subarray(...this.range(i));
  }

  is(i: number, bytes: Buffer): boolean {
    const [from, to] = this.range(i);
    return to - from === bytes.length && this.bytes.compare(bytes, 0, bytes.length, from, to) === 0;
  }
}

/** Where pieces end that stand one behind the other. */
export function endsOf(pieces: readonly Uint8Array[]): Float64Array {
  let end = 0;
  return Float64Array.from(pieces, (piece) => (end += piece.length));
}
