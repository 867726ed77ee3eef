import type { LoadedModel } from "../codec/loaded-model.js";
import type { TecMetadata } from "../container/tec-cog.js";
import { BANDS } from "../core/bands.js";
import type { Networks } from "../model/networks.js";
import type { ContextUse } from "./context-encoder.js";
import type { Source } from "./source.js";

/** How an image is encoded, as far as its file tells. */
export interface Encoding {
  readonly model: Pick<LoadedModel, "id" | "sha256" | "official">;
  readonly quality: number;
  readonly networks: Pick<Networks, "provider">;
  readonly context?: Pick<ContextUse, "entropy" | "references"> | undefined;
}

/** The JSON of tag 65121 (docs/format.md). */
export function metadataOf(source: Source, { model, quality, context, networks }: Encoding): TecMetadata {
  const { dtype, scale, offset, nodata } = source.units;
  const references = (context?.references ?? []).map(({ href, cog }) => {
    const { datetime } = cog.metadata;
    return { href, ...(datetime === undefined ? {} : { datetime }) };
  });
  // A converted TEC-ELIC's chunks are coded on the cpu whatever the provider is.
  const engine = model.official === undefined ? networks.provider : "cpu";
  return {
    format: 1,
    model: { id: model.id, sha256: model.sha256 },
    quality,
    entropy: context?.entropy ?? "fp",
    ...(references.length === 0 ? {} : { references }),
    ...(context === undefined ? {} : { engine: `onnxruntime ${engine}` }),
    bands: [...BANDS],
    units: { dtype, scale, offset, ...(nodata === undefined ? {} : { nodata }) },
    ...(source.grid.crs === undefined ? {} : { crs: source.grid.crs }),
    ...(source.datetime === undefined ? {} : { datetime: source.datetime }),
    classes: source.hasClasses,
    software: "tectile",
  };
}
