import { createHash } from "node:crypto";
import { messageOf } from "../core/assert.js";
import { CorruptDataError, InvalidRequestError } from "../core/errors.js";
import { openByteSource } from "../store/byte-source.js";
import type { RasterOptions } from "./open-raster.js";
import { parseStacItem, type StacItem } from "./source-stac-item.js";

const MAX_ITEM_BYTES = 16 * 1024 * 1024;

/** A STAC Item's document and its digest. @throws InvalidRequestError, CorruptDataError, NotFoundError, UpstreamError */
export async function readStacItem(
  location: string,
  options: RasterOptions,
): Promise<{ item: StacItem; digest: string }> {
  const source = await openByteSource(location, options.http);
  try {
    const bytes = await source.getRange(0, MAX_ITEM_BYTES, options.signal);
    if (bytes.length === MAX_ITEM_BYTES)
      throw new InvalidRequestError(`${source.location} is larger than ${MAX_ITEM_BYTES} bytes; wanted a STAC Item`);
    const item = parseStacItem(parseJson(new TextDecoder().decode(bytes), source.location), source.location);
    return { item, digest: createHash("sha256").update(bytes).digest("hex") };
  } finally {
    await source.close();
  }
}

/** With the NaN and Infinity that Python writes, which aren't JSON: null in their place. */
function parseJson(text: string, location: string): unknown {
  const strict = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : "null",
  );
  try {
    return JSON.parse(strict);
  } catch (cause) {
    throw new CorruptDataError(location, `not JSON (${messageOf(cause).slice(0, 80)})`, { cause });
  }
}
