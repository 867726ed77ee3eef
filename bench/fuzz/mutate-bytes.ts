import type { Dice } from "./target.js";

/** Numbers at which lengths and offsets go wrong. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** A copy with one to a few accidents between two places: flipped bits, other bytes, numbers at the edge, what is cut, doubled or zero. */
export function mutateBytes(bytes: Uint8Array, dice: Dice, from = 0, to = bytes.length): Uint8Array {
  let out = Uint8Array.from(bytes);
  const count = 1 + dice.below(dice.chance(0.7) ? 2 : 12);
  for (let i = 0; i < count; i++) {
    const end = Math.min(to, out.length);
    const at = from + dice.below(Math.max(1, end - from));
    const length = Math.min(end - at, 1 + dice.below(dice.chance(0.8) ? 8 : 400));
    switch (dice.below(7)) {
      case 0:
        out[at] = (out[at] ?? 0) ^ (1 << dice.below(8));
        break;
      case 1:
        for (let k = 0; k < length; k++) out[at + k] = dice.below(256);
        break;
      case 2:
        if (at + 4 <= out.length) new DataView(out.buffer).setUint32(at, dice.pick(EDGES), true);
        break;
      case 3:
        out.fill(0, at, at + length);
        break;
      case 4:
        out.copyWithin(at, from + dice.below(Math.max(1, end - from)), Math.min(end, at + length));
        break;
      case 5:
        if (dice.chance(0.3)) out = out.slice(0, at);
        else out[at] = (out[at] ?? 0) + 1;
        break;
      default:
        if (at + 2 <= out.length) new DataView(out.buffer).setUint16(at, dice.pick(EDGES) & 0xffff, true);
    }
  }
  return out;
}
