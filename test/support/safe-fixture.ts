import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BANDS, BAND_RESOLUTION_M, type BandName } from "../../src/core/bands.js";
import { gdal } from "./gdal.js";
import { makeGeoTiff } from "./geotiff-fixture.js";

export interface SafeOptions {
  readonly level: "1C" | "2A";
  /** Pixels of the 10 m grid on each side, a multiple of 6. */
  readonly side: number;
  /** "05.00"; from 04.00 on with offsets of -1000. */
  readonly baseline: string;
  readonly name: string;
  /** Stored number of a band's pixel, of its own resolution. */
  readonly value: (band: number, row: number, column: number) => number;
  /** Left out. */
  readonly without?: readonly BandName[];
}

const IDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];
const ORIGIN = [600_000, 4_600_020] as const;

/** A product in ESA's layout whose JP2 files GDAL writes, lossless; gives its folder. */
export async function makeSafe(parent: string, options: SafeOptions): Promise<string> {
  const { level, side, baseline, name, value, without = [] } = options;
  const folder = join(parent, `${name}.SAFE`);
  const granule = join(folder, "GRANULE", `L${level}_T16TDL_A026026_20200615T164901`);
  const images = join(granule, "IMG_DATA");
  await mkdir(join(granule, "QI_DATA"), { recursive: true });
  const write = async (band: string, metres: number, at: (row: number, column: number) => number): Promise<void> => {
    const width = (side * 10) / metres;
    const plane = Array.from({ length: width * width }, (_, i) => at(Math.floor(i / width), i % width));
    const sub = level === "2A" ? join(images, `R${metres}m`) : images;
    await mkdir(sub, { recursive: true });
    const file = join(sub, `T16TDL_20200615T164901_${band}${level === "2A" ? `_${metres}m` : ""}.jp2`);
    await writeJp2(file, { plane, width, metres, type: band === "SCL" ? "uint8" : "uint16" });
  };
  for (const [b, band] of BANDS.entries()) {
    const metres = BAND_RESOLUTION_M[band];
    if (!without.includes(band)) await write(band, metres, (row, column) => value(b, row, column));
    // As in Sen2Cor's folders, coarser copies too.
    if (level === "2A" && metres < 60 && band !== "B08" && !without.includes(band)) await write(band, 60, () => 1);
  }
  if (level === "1C") await write("B10", 60, () => 7);
  if (level === "2A") {
    await write("TCI", 10, () => 9);
    await write("SCL", 20, (row, column) => (row < 3 && column < 3 ? 0 : 4 + ((row + column) % 3)));
  }
  await writeFile(join(granule, "MTD_TL.xml"), tileMetadata(level, side));
  await writeFile(join(folder, `MTD_MSIL${level}.xml`), productMetadata(level, baseline, name));
  return folder;
}

async function writeJp2(
  file: string,
  image: {
    readonly plane: readonly number[];
    readonly width: number;
    readonly metres: number;
    readonly type: "uint8" | "uint16";
  },
): Promise<void> {
  const { plane, width, metres, type } = image;
  const transform = [metres, 0, ORIGIN[0], 0, -metres, ORIGIN[1]] as const;
  await writeFile(`${file}.tif`, makeGeoTiff({ width, height: width, planes: [plane], type, transform, epsg: 32616 }));
  const lossless = ["REVERSIBLE=YES", "QUALITY=100", "BLOCKXSIZE=64", "BLOCKYSIZE=64"];
  const options = [...lossless, ...(type === "uint16" ? ["NBITS=15"] : [])].flatMap((option) => ["-co", option]);
  gdal("gdal_translate", ["-q", "-of", "JP2OpenJPEG", ...options, `${file}.tif`, file]);
  await Promise.all([rm(`${file}.tif`), rm(`${file}.aux.xml`, { force: true })]);
}

const tileMetadata = (level: string, side: number): string => `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-${level}_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-${level}_Tile_Metadata.xsd">
  <n1:General_Info>
    <TILE_ID metadataLevel="Brief">S2A_OPER_MSI_L${level}_TL_2APS_20200615T185000_A026026_T16TDL_N05.00</TILE_ID>
    <SENSING_TIME metadataLevel="Standard">2020-06-15T16:58:31.462Z</SENSING_TIME>
  </n1:General_Info>
  <n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief">
    <HORIZONTAL_CS_NAME>WGS84 / UTM zone 16N</HORIZONTAL_CS_NAME>
    <HORIZONTAL_CS_CODE>EPSG:32616</HORIZONTAL_CS_CODE>
    ${[10, 20, 60].map((metres) => `<Size resolution="${metres}"><NROWS>${(10 * side) / metres}</NROWS><NCOLS>${(10 * side) / metres}</NCOLS></Size>`).join("")}
    ${[10, 20, 60].map((metres) => `<Geoposition resolution="${metres}"><ULX>${ORIGIN[0]}</ULX><ULY>${ORIGIN[1]}</ULY><XDIM>${metres}</XDIM><YDIM>-${metres}</YDIM></Geoposition>`).join("")}
  </Tile_Geocoding></n1:Geometric_Info>
</n1:Level-${level}_Tile_ID>
`;

function productMetadata(level: "1C" | "2A", baseline: string, name: string): string {
  const [kind, quantification] = level === "1C" ? ["RADIO", "QUANTIFICATION"] : ["BOA", "BOA_QUANTIFICATION"];
  const list = level === "1C" ? "Radiometric_Offset_List" : "BOA_ADD_OFFSET_VALUES_LIST";
  const offsets = IDS.map((_, id) => `<${kind}_ADD_OFFSET band_id="${id}">-1000</${kind}_ADD_OFFSET>`).join("");
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-${level}_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-${level}.xsd">
  <n1:General_Info>
    <Product_Info>
      <PRODUCT_START_TIME>2020-06-15T16:49:01.024Z</PRODUCT_START_TIME>
      <PRODUCT_URI>${name}.SAFE</PRODUCT_URI>
      <PROCESSING_LEVEL>Level-${level}</PROCESSING_LEVEL>
      <PRODUCT_TYPE>S2MSI${level}</PRODUCT_TYPE>
      <PROCESSING_BASELINE>${baseline}</PROCESSING_BASELINE>
      <GENERATION_TIME>2020-06-15T18:50:00.000000Z</GENERATION_TIME>
      <Datatake datatakeIdentifier="GS2A_20200615T164901_026026_N05.00">
        <SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME>
        <SENSING_ORBIT_NUMBER>26</SENSING_ORBIT_NUMBER>
        <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
      </Datatake>
    </Product_Info>
    <Product_Image_Characteristics>
      <${quantification}_VALUE unit="none">10000</${quantification}_VALUE>
      ${Number(baseline) >= 4 ? `<${list}>${offsets}</${list}>` : ""}
    </Product_Image_Characteristics>
  </n1:General_Info>
  <n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:Level-${level}_User_Product>
`;
}
