import { geoTiffTags, SAMPLE_BYTES, type GeoTiffPlan } from "./geotiff-tags.js";
import { encodeDirectories, sizeOfDirectories, TAG, type Tag } from "./tiff.js";

/**
 * An uncompressed GeoTIFF that can be written from its first byte to its last without knowing a pixel of it: strips of some rows, one plane
 * after the other in each.
 */
export interface StripedTiff {
  readonly header: Uint8Array;
  readonly fileBytes: number;
}

/** The data that follows the header: of every `rowsPerStrip` rows, each band's rows, little-endian. */
export function layOutStrips(plan: GeoTiffPlan, rowsPerStrip: number): StripedTiff {
  const { width, height, bands, dtype } = plan;
  const rowBytes = width * SAMPLE_BYTES[dtype];
  const strips = Math.ceil(height / rowsPerStrip);
  const rowsOf = (strip: number): number => Math.min(rowsPerStrip, height - strip * rowsPerStrip);
  const dataBytes = rowBytes * height * bands.length;
  const directory = (start: number, big: boolean): Tag[] => {
    const offsets: number[] = [];
    const lengths: number[] = [];
    for (let band = 0; band < bands.length; band++) {
      for (let strip = 0; strip < strips; strip++) {
        const rows = rowsOf(strip);
        offsets.push(start + rowBytes * (strip * rowsPerStrip * bands.length + band * rows));
        lengths.push(rowBytes * rows);
      }
    }
    const blocks: Tag[] = [
      { tag: TAG.rowsPerStrip, type: "long", values: [rowsPerStrip] },
      { tag: TAG.stripOffsets, type: big ? "long8" : "long", values: offsets },
      { tag: TAG.stripByteCounts, type: "long", values: lengths },
    ];
    return geoTiffTags(plan, { compression: 1, planar: 2, blocks });
  };
  const big = sizeOfDirectories([directory(0, false)], false) + dataBytes > 4e9;
  const start = sizeOfDirectories([directory(0, big)], big);
  return { header: encodeDirectories([directory(start, big)], big), fileBytes: start + dataBytes };
}
