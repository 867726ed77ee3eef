import { mkdir } from "node:fs/promises";
import { parseConfig } from "../../src/app/config.js";
import { chooseModel } from "../../src/app/choose-model.js";
import { openSeries } from "../../src/app/references.js";
import { createServices } from "../../src/app/services.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { ingestSource } from "../../src/ingest/ingest.js";
import { openLandscapeSource } from "../../src/ingest/landscape/landscape.js";
import type { Source } from "../../src/ingest/source.js";

/** The cloudy date of the series. */
export const CLOUDY_DATE = "2024-05-25T10:50:29Z";
const BEFORE = "2024-04-20T10:50:31Z";
const AFTER = "2024-07-04T10:50:31Z";
const SIDE = 256;
/** Pixels a side of "wide": three chunks. */
const WIDE = 600;

interface Date {
  readonly collection: string;
  readonly side?: number;
  readonly datetime: string;
  readonly cloudCover?: number;
  /** Quality step; the model's own unless told otherwise. */
  readonly quality?: number;
}

/**
 * Collections of the landscape: "series": a cloudy date between two clear ones; "truth": the same date without its clouds; "mixed": as
 * "series", but the clear dates are of another quality; makeWideSeries has "wide": four dates of three chunks a side, all with clouds.
 */
const DATES: readonly Date[] = [
  { collection: "series", datetime: BEFORE },
  { collection: "series", datetime: CLOUDY_DATE, cloudCover: 0.4 },
  { collection: "series", datetime: AFTER },
  { collection: "truth", datetime: CLOUDY_DATE },
  { collection: "mixed", datetime: BEFORE, quality: 1 },
  { collection: "mixed", datetime: CLOUDY_DATE, cloudCover: 0.4, quality: 2 },
  { collection: "mixed", datetime: AFTER, quality: 1 },
];

const WIDE_DATES: readonly Date[] = [
  { collection: "wide", datetime: BEFORE, side: WIDE, cloudCover: 0.2 },
  { collection: "wide", datetime: CLOUDY_DATE, side: WIDE, cloudCover: 0.6 },
  { collection: "wide", datetime: AFTER, side: WIDE, cloudCover: 0.3 },
  { collection: "wide", datetime: "2024-08-18T10:50:29Z", side: WIDE },
];

/** What "wide" is made from, oldest first; each is to be closed. */
export const openWideSources = (): readonly Source[] => WIDE_DATES.map(openSource);

export const makeWideSeries = (catalog: string): Promise<CatalogItem> => makeSeries(catalog, WIDE_DATES);

/** Makes the catalog in a folder and gives the cloudy item of "series". */
export const makeCloudySeries = (catalog: string): Promise<CatalogItem> => makeSeries(catalog, DATES);

function openSource({ datetime, cloudCover, side = SIDE }: Date): Source {
  return openLandscapeSource({
    datetime,
    width: side,
    height: side,
    ...(cloudCover === undefined ? {} : { cloudCover }),
  });
}

async function makeSeries(catalog: string, dates: readonly Date[]): Promise<CatalogItem> {
  await mkdir(catalog, { recursive: true });
  const services = await createServices(parseConfig({ catalog, provider: "cpu" }));
  try {
    const writer = await catalogWriter(catalog);
    const items: CatalogItem[] = [];
    for (const date of dates) {
      const { collection, quality } = date;
      const source = openSource(date);
      const choice = await chooseModel(quality === undefined ? {} : { quality }, services);
      const options = {
        collection: { id: collection },
        ...choice,
        decoder: services,
        series: openSeries({}, choice.model, services),
        writer,
        overwrite: false,
        version: "test",
      };
      items.push((await ingestSource(source, options)).item);
      await source.close();
    }
    const cloudy = items[1];
    if (cloudy === undefined) throw new Error("no item was made");
    return cloudy;
  } finally {
    await services.close();
  }
}
