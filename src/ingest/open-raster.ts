import { CorruptDataError } from "../core/errors.js";
import { openByteSource } from "../store/byte-source.js";
import { withCachedHead } from "../store/cached-head.js";
import { parseLocation } from "../store/location.js";
import { isJp2 } from "./jp2-boxes.js";
import type { RasterFile } from "./raster-file.js";
import { openJp2 } from "./source-jp2.js";
import { openTiff, type TiffOptions } from "./source-tiff.js";
import { openVrt } from "./source-vrt.js";

export type RasterOptions = TiffOptions;

/**
 * Opens a raster file by its first bytes, whatever it is called: JPEG 2000, a local VRT, else TIFF.
 *
 * @throws NotFoundError, CorruptDataError, UnsupportedError
 */
export async function openRaster(location: string, options: RasterOptions = {}, depth = 0): Promise<RasterFile> {
  const bytes = withCachedHead(await (options.openStore?.(location) ?? openByteSource(location, options.http)));
  const opened = { ...options, openStore: async () => bytes };
  try {
    const head = await bytes.getRange(0, 64, options.signal);
    if (head.length === 0) throw new CorruptDataError(bytes.location, "it is empty");
    const parsed = parseLocation(location);
    if (parsed.kind === "file" && isVrt(head)) {
      await bytes.close();
      return await openVrt(parsed.path, (path, at) => openRaster(path, options, at), depth);
    }
    return await (isJp2(head) ? openJp2(location, opened) : openTiff(location, opened));
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

const isVrt = (head: Uint8Array): boolean =>
  /^\uFEFF?\s*(<\?xml[^>]*>\s*)?<VRTDataset/.test(new TextDecoder().decode(head));
