import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";

export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/**
 * A colormap spelled out: colours of single values (after the rescale 0..255, without one the rounded value itself) or of half-open
 * intervals [from, to). What it doesn't name is transparent.
 */
export type ExplicitColormap =
  | { readonly kind: "values"; readonly entries: readonly (readonly [value: number, colour: Rgba])[] }
  | { readonly kind: "intervals"; readonly entries: readonly (readonly [from: number, to: number, colour: Rgba])[] };

/**
 * Parses TiTiler's `colormap`: {"0": [r, g, b, a], "1": "#rrggbb", ...} or [[[from, to], [r, g, b, a]], ...], alpha optional.
 *
 * @throws InvalidRequestError when it is not JSON of that shape.
 */
export function parseExplicitColormap(text: string): ExplicitColormap {
  if (text.length > MAX_LENGTH) throw refuse(`${text.length} characters`, `at most ${MAX_LENGTH}`);
  const parsed = SCHEMA.safeParse(parseJson(text));
  if (!parsed.success) {
    throw refuse(
      `"${text.slice(0, 60)}"`,
      'JSON such as {"0": [0, 0, 0, 255], "1": "#00ff00"} or [[[0, 1], [0, 0, 0, 255]]]',
    );
  }
  if (Array.isArray(parsed.data)) {
    return { kind: "intervals", entries: parsed.data.map(([[from, to], colour]) => [from, to, colour] as const) };
  }
  const entries = Object.entries(parsed.data).map(([value, colour]) => [Number(value), colour] as const);
  return { kind: "values", entries: entries.toSorted((a, b) => a[0] - b[0]) };
}

const MAX_LENGTH = 16_384;
const MAX_ENTRIES = 512;

const CHANNEL = z.number().int().min(0).max(255);
const HEX = z
  .string()
  .regex(/^#(?:[0-9a-f]{6}|[0-9a-f]{8})$/i)
  .transform((text): Rgba => {
    const [red = 0, green = 0, blue = 0, alpha = 255] = Buffer.from(text.slice(1), "hex");
    return [red, green, blue, alpha];
  });
const COLOUR = z.union([
  HEX,
  z.tuple([CHANNEL, CHANNEL, CHANNEL]).transform((c): Rgba => [...c, 255]),
  z.tuple([CHANNEL, CHANNEL, CHANNEL, CHANNEL]).transform((c): Rgba => c),
]);
const INTERVALS = z
  .array(z.tuple([z.tuple([z.number(), z.number()]), COLOUR]))
  .min(1)
  .max(MAX_ENTRIES);
const VALUES = z
  .record(z.string().regex(/^-?\d{1,9}$/), COLOUR)
  .refine((entries) => Object.keys(entries).length >= 1 && Object.keys(entries).length <= MAX_ENTRIES);
const SCHEMA = z.union([VALUES, INTERVALS]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(got: string, wanted: string): InvalidRequestError {
  return new InvalidRequestError(`colormap is ${got}; wanted ${wanted}`);
}
