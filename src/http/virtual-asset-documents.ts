import { z } from "zod";
import { holdsAsset, VIRTUAL_ASSETS, type VirtualAssetName } from "../app/virtual-assets.js";
import { bandObjects } from "../catalog/item.js";
import { LATENTS_ROLES, TEC_MEDIA_TYPE } from "../catalog/tec-extension.js";
import type { CatalogItem, StacJson } from "../catalog/types.js";
import { BAND_RESOLUTION_M, isBandName } from "../core/bands.js";

/** IANA's name of a Cloud Optimized GeoTIFF. */
export const COG_MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized";

/** The COGs that the server makes of an item, as STAC assets below `base`; scene classes only where the item says that it has them. */
export function virtualAssetDocuments(item: CatalogItem, base: string): Readonly<Record<string, StacJson>> {
  const tec = tecSchema.parse(item.json["assets"]).tec;
  const { crs, transform, width, height } = item.grid;
  const projection = {
    ...(/^(EPSG|OGC):/.test(crs) ? { "proj:code": crs } : {}),
    "proj:shape": [height, width],
    "proj:transform": transform,
  };
  const names = VIRTUAL_ASSETS.filter(
    (name) => holdsAsset(name, item.absentBands) && (name !== "scl" || tec["tec:classes"] === true),
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        href: `${base}/${name}.tif`,
        ...describe(name, tec["tec:classes"] === undefined ? undefined : (tec.bands ?? [])),
        ...projection,
      },
    ]),
  );
}

/** What a collection promises of its items' assets: its own promises and the COGs of every item. */
export function virtualItemAssets(own: unknown): StacJson {
  const { tec, ...others } = z.record(z.string(), z.record(z.string(), z.unknown())).safeParse(own).data ?? {};
  const promised = VIRTUAL_ASSETS.filter((name) => name !== "scl");
  return {
    ...Object.fromEntries(promised.map((name) => [name, describe(name, undefined)])),
    ...others,
    ...(tec === undefined ? {} : { tec: asLatents(tec) }),
  };
}

/** The asset that holds the latents, whatever an older ingest called it. */
export function asLatents(asset: StacJson): StacJson {
  return { ...asset, type: TEC_MEDIA_TYPE, roles: LATENTS_ROLES };
}

const tecSchema = z.looseObject({
  tec: z.looseObject({
    "tec:classes": z.boolean().optional(),
    bands: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
});

/** Fields of a band that tell of its numbers, which older items don't know. */
const NUMBERS = ["data_type", "nodata", "raster:scale", "raster:offset"] as const;

/** `known`: the item's own band objects, where they tell of the stored numbers. */
function describe(name: VirtualAssetName, known: readonly StacJson[] | undefined): StacJson {
  const bands = known ?? bandObjects().map((band) => without(band, NUMBERS));
  const shared = { type: COG_MEDIA_TYPE };
  if (isBandName(name)) {
    const band = bands.find((each) => each["name"] === name) ?? { name };
    return {
      ...shared,
      title: `${name}, decoded`,
      roles: ["data", "reflectance"],
      gsd: BAND_RESOLUTION_M[name],
      bands: [band["data_type"] === undefined ? band : { nodata: 0, ...band }],
    };
  }
  if (name === "visual") {
    const colours = (["B04", "B03", "B02"] as const).map((band) => {
      const { name: _, ...look } = without(bands.find((each) => each["name"] === band) ?? {}, [
        ...NUMBERS,
        "raster:spatial_resolution",
      ]);
      return { name: band, ...look, data_type: "uint8", nodata: 0 };
    });
    return { ...shared, title: "True colour, 8 bits", roles: ["visual"], gsd: 10, bands: colours };
  }
  const mask = { name, data_type: "uint8", ...(name === "scl" ? { nodata: 0 } : {}) };
  if (name === "scl") return { ...shared, title: "Scene classes (SCL)", roles: ["data"], gsd: 20, bands: [mask] };
  return { ...shared, title: "1 where something was observed", roles: ["data-mask"], bands: [mask] };
}

function without(object: StacJson, keys: readonly string[]): StacJson {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
