import { sameAffine, type Affine } from "../geo/affine.js";
import type { TecCog, TecMetadata } from "./tec-cog.js";

/** What an image is that leans, or is to lean, on others. */
export interface LeaningImage {
  /** Pixels of the full resolution. */
  readonly width: number;
  readonly height: number;
  readonly crs: string | undefined;
  readonly transform: Affine | undefined;
  readonly datetime: string | undefined;
  /** Installed; `compatible` has the sha256 of those whose latents it reads too. */
  readonly model: { readonly id: string; readonly sha256: string; readonly compatible: readonly string[] };
}

/**
 * Why an image can't lean on a file, as the rest of a sentence that begins with the file's name; undefined where it can. Section 10 of
 * docs/format.md: same size, CRS, grid and model, not newer, and a keyframe.
 */
export function referenceFault(image: LeaningImage, { levels, crs, transform, metadata }: TecCog): string | undefined {
  const differs = (what: string, got: unknown, wanted: unknown): string =>
    `has ${what} ${String(got)}; the image has ${String(wanted)}`;
  const [size, wanted] = [`${levels[0]?.width ?? 0} x ${levels[0]?.height ?? 0}`, `${image.width} x ${image.height}`];
  if (size !== wanted) return differs("size", size, wanted);
  if (crs !== image.crs) return differs("CRS", crs ?? "none", image.crs ?? "none");
  const place = image.transform;
  if (transform === undefined || place === undefined ? transform !== place : !sameAffine(transform, place))
    return differs("the grid", transform?.join(" ") ?? "none", place?.join(" ") ?? "none");
  const { model } = metadata;
  if (model.sha256 !== image.model.sha256 && !image.model.compatible.includes(model.sha256))
    return differs("model", nameOf(model), nameOf(image.model));
  if ((metadata.references ?? []).length > 0) return "leans on other dates itself; only keyframes may be leant on";
  if (metadata.datetime === undefined || image.datetime === undefined) return undefined;
  if (Date.parse(metadata.datetime) <= Date.parse(image.datetime)) return undefined;
  return `of ${metadata.datetime} is newer than the image of ${image.datetime}`;
}

/** The same of a file that is already encoded: it also tells of what date the file was that it leans on. */
export function storedReferenceFault(
  { cog, model }: { readonly cog: TecCog; readonly model: LeaningImage["model"] },
  named: NonNullable<TecMetadata["references"]>[number],
  other: TecCog,
): string | undefined {
  const { levels, crs, transform, metadata } = cog;
  const { datetime } = metadata;
  const [width, height] = [levels[0]?.width ?? 0, levels[0]?.height ?? 0];
  const fault = referenceFault({ width, height, crs, transform, datetime, model }, other);
  if (fault !== undefined || named.datetime === other.metadata.datetime) return fault;
  return `is of ${other.metadata.datetime ?? "no date"}; it was encoded with one of ${named.datetime ?? "no date"}`;
}

const nameOf = ({ id, sha256 }: { readonly id: string; readonly sha256: string }): string =>
  `${id} ${sha256.slice(0, 12)}`;
