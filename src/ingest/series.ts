import { sameAffine } from "../geo/affine.js";
import { isRemote } from "../store/location.js";
import type { CatalogItem } from "../catalog/types.js";
import { codecsOf, type LoadedModel } from "../codec/loaded-model.js";
import type { CodecName } from "../core/codecs.js";
import type { ReferenceImage } from "./references.js";

/** Dates from one keyframe to the next, unless told otherwise. */
export const DEFAULT_KEYFRAMES = 4;
/** Keyframes that a date may lean on. */
const MOST_REFERENCES = 2;
/** A keyframe that shows less clear ground than this, percent, teaches little: the next date is one too. */
const LEAST_CLEAR_PERCENT = 30;

/** How the dates of a collection are stored, and how they lean on one another. */
export interface Series {
  readonly codec: CodecName;
  /** Every so many dates of one grid is a keyframe, which leans on none; 1: all are. */
  readonly keyframes: number;
  /** Opens files that an image at `target` is to lean on. */
  openReferences(locations: readonly string[], target: string): Promise<readonly ReferenceImage[]>;
}

/** A date to place among those of its grid. */
export interface SeriesImage {
  readonly datetimeMs: number;
  readonly grid: CatalogItem["grid"];
  readonly model: Pick<LoadedModel, "sha256" | "compatible">;
  readonly quality: number;
}

/**
 * The keyframes that a date leans on, newest first; none where it is to be a keyframe itself: the first of its grid, model and
 * quality, and every `keyframes`-th date from then on.
 *
 * Only earlier dates with a local file count, so a date that comes in late changes nothing for those that are there.
 */
export function planReferences(
  image: SeriesImage,
  items: readonly CatalogItem[],
  keyframes: number,
): readonly CatalogItem[] {
  const earlier = items
    .filter((item) => item.datetimeMs < image.datetimeMs && isPeer(item, image) && !isRemote(item.href))
    .toSorted((a, b) => b.datetimeMs - a.datetimeMs);
  const since = earlier.findIndex(isClearKeyframe);
  if (since < 0 || since >= keyframes - 1) return [];
  return earlier.filter(isClearKeyframe).slice(0, MOST_REFERENCES);
}

/** What an image is stored with; TEC-TT's keyframes are TEC-ELIC where the model has that. */
export function codecOfDate(
  codec: CodecName,
  references: readonly unknown[],
  model: Pick<LoadedModel, "coding">,
): CodecName {
  return codec === "tt" && references.length === 0 && codecsOf(model).includes("elic") ? "elic" : codec;
}

function isClearKeyframe({ references, clearPercent }: CatalogItem): boolean {
  return references.length === 0 && (clearPercent ?? 100) >= LEAST_CLEAR_PERCENT;
}

/** Same pixels, model and quality: what a date may lean on. */
function isPeer(item: CatalogItem, { grid, model, quality }: SeriesImage): boolean {
  const sameSize = item.grid.width === grid.width && item.grid.height === grid.height;
  const sameModel = item.modelSha256 === model.sha256 || model.compatible.includes(item.modelSha256);
  return (
    sameSize &&
    sameModel &&
    item.quality === quality &&
    item.grid.crs === grid.crs &&
    sameAffine(item.grid.transform, grid.transform)
  );
}
