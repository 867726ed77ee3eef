"""The group `year` of a running server's Zarr store is the median of clear pixels that numpy makes of the store's dates:
python zarr_year_check.py http://127.0.0.1:8080/ COLLECTION

Needs xarray, zarr 3 and aiohttp, and a collection with scene classes and clouds. Exits with 1 and a sentence where it isn't so.
"""

import sys
import warnings

import numpy as np
import xarray


def main(base: str, collection: str) -> None:
    warnings.simplefilter("ignore")
    plain = xarray.open_zarr(f"{base}collections/{collection}/zarr", mask_and_scale=False)
    years = xarray.open_zarr(f"{base}collections/{collection}/zarr", group="year", mask_and_scale=False)
    # Clear pixels: those without a cloud or shadow within 3 pixels.
    hidden = ~np.isin(plain.scl.values, (0, 2, 4, 5, 6, 7, 11))
    check(hidden.any(), "no date has a cloud, so nothing is tried")
    for axis in (1, 2):
        spread = hidden.copy()
        for step in range(1, 4):
            for there, here in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
                a, b = [slice(None)] * 3, [slice(None)] * 3
                a[axis], b[axis] = there, here
                spread[tuple(a)] |= hidden[tuple(b)]
        hidden = spread
    when = plain.time.dt.year.values
    for i, year in enumerate(years.time.dt.year.values):
        dates = when == year
        for band in ("B03", "B11"):
            numbers = plain[band].values[dates].astype(float)
            numbers[hidden[dates] | (numbers == 65535)] = np.nan
            wanted = np.nanmedian(numbers, axis=0)
            found = years[band].isel(time=i).values
            check(np.array_equal(np.isnan(wanted), found == 65535), f"{band} of {year}: other pixels are clear")
            check(np.nanmax(np.abs(wanted - found)) <= 0.5, f"{band} of {year} is not the median of its clear dates")
    print(f"the median of {len(when)} dates")


def check(holds: bool, sentence: str) -> None:
    if not holds:
        sys.exit(sentence)


if __name__ == "__main__":
    main(*sys.argv[1:])
