import { BANDS, type BandName } from "../core/bands.js";

/**
 * Which pixels were observed, by the stored numbers of all bands: 1 = valid.
 *
 * Invalid are: a NaN or infinity in any band; the nodata value in any band, unless it is 0; 0 in all bands at once. So with nodata 0
 * (or none) one band at 0 is a value: dark water is often 0 in some of them. Where other bands stand at the ceiling, though, it is a
 * saturated pixel whose number is missing (bright cloud of which products give 0 in the 10 m bands): invalid too.
 */
export function validByValues(
  planes: readonly ArrayLike<number>[],
  nodata: number | undefined,
): Uint8Array<ArrayBuffer> {
  const count = planes[0]?.length ?? 0;
  const zeros = new Uint8Array(count);
  const saturated = new Uint8Array(count);
  const valid = new Uint8Array(count).fill(1);
  const isMarker = nodata !== undefined && nodata !== 0 && Number.isFinite(nodata);
  // float32 samples hold the nearest float32 to the tag's decimal number.
  const marker = isMarker ? Math.fround(nodata) : Number.NaN;
  for (const plane of planes) {
    for (let i = 0; i < count; i++) {
      const value = plane[i] ?? 0;
      if (value === 0) zeros[i] = (zeros[i] ?? 0) + 1;
      else if (value === marker || value - value !== 0) valid[i] = 0;
      else if (value === CEILING || value === HALF_CEILING) saturated[i] = 1;
    }
  }
  for (let i = 0; i < count; i++)
    if (zeros[i] === planes.length || (saturated[i] !== 0 && zeros[i] !== 0)) valid[i] = 0;
  return valid;
}

/** Stored numbers that stand for "too bright to tell", of int16 and of uint16. */
const [HALF_CEILING, CEILING] = [32_767, 65_535];

/** Stored numbers of one band to a raster's samples: dn = stored x scale + offset, and 0 where invalid; `out` is as long as the plane. */
export function putDigitalNumbers(
  plane: ArrayLike<number>,
  valid: Uint8Array,
  { scale, offset }: { readonly scale: number; readonly offset: number },
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = valid[i] === 0 ? 0 : (plane[i] ?? 0) * scale + offset;
}

/** The bands of the 12 that are not among some; undefined where all are. */
export function absentBands(bands: readonly BandName[]): readonly BandName[] | undefined {
  const absent = BANDS.filter((band) => !bands.includes(band));
  return absent.length === 0 ? undefined : absent;
}
