import type { LoadedModel } from "../codec/loaded-model.js";
import { FORMAT, type TecMetadata } from "../container/tec-cog.js";
import { BANDS } from "../core/bands.js";
import type { CodecName } from "../core/codecs.js";
import type { Fineness } from "./coding.js";
import type { ReferenceImage } from "./references.js";
import type { Source } from "./source.js";

/** How an image is encoded, as far as its file tells. */
export interface Encoding extends Fineness {
  readonly model: Pick<LoadedModel, "id" | "sha256" | "coding">;
  readonly codec: CodecName;
  readonly references: readonly Pick<ReferenceImage, "href" | "cog">[];
}

/** The JSON of tag 65121 (docs/format.md). */
export function metadataOf(source: Source, encoding: Encoding): TecMetadata {
  const { model, quality, target, clouds = "coarse", codec } = encoding;
  const { dtype, scale, offset, nodata } = source.units;
  const references = encoding.references.map(({ href, cog }) => {
    const { datetime } = cog.metadata;
    return { href, ...(datetime === undefined ? {} : { datetime }) };
  });
  return {
    format: FORMAT,
    model: { id: model.id, sha256: model.sha256 },
    quality,
    ...(target === undefined ? {} : { target }),
    ...(source.hasClasses && model.coding.kind === "lapped" ? { clouds } : {}),
    entropy: codec,
    ...(references.length === 0 ? {} : { references }),
    // A converted TEC-ELIC's chunks are coded on the cpu whatever the provider is.
    ...(model.coding.kind === "official" ? { engine: "onnxruntime cpu" } : {}),
    bands: [...BANDS],
    ...(source.absentBands === undefined ? {} : { absent: [...source.absentBands] }),
    ...(source.native === undefined || model.coding.kind !== "lapped" ? {} : { native: source.native }),
    units: { dtype, scale, offset, ...(nodata === undefined ? {} : { nodata }) },
    ...(source.grid.crs === undefined ? {} : { crs: source.grid.crs }),
    ...(source.datetime === undefined ? {} : { datetime: source.datetime }),
    ...(source.sources === undefined ? {} : { sources: [...source.sources] }),
    classes: source.hasClasses,
    software: "tectile",
  };
}
