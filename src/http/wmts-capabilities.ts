import type { Bounds } from "../geo/bounds.js";
import { escapeXml } from "./escape-xml.js";

/** What a WMTS offers. */
export interface WmtsOffer {
  /** URL of the collection or search. */
  readonly base: string;
  readonly title: string;
  readonly bounds: Bounds;
  readonly minZoom: number;
  readonly maxZoom: number;
  /** Names the CRS as "EPSG:3857", which ArcMap needs. */
  readonly asEpsg: boolean;
  /** RFC 3339, oldest first; the last is the default. */
  readonly times: readonly string[];
  /** Named renders, a layer each. */
  readonly layers: readonly { readonly id: string; readonly title: string }[];
  /** Of FORMATS. */
  readonly formats: readonly TileFormat[];
  /** Parameters that every tile gets, without "?". */
  readonly query: string;
}

const MATRIX_SET = "WebMercatorQuad";
const SCALE_0 = 559_082_264.028_717_8;
const HALF_WORLD_M = 20_037_508.342_789_244;
/** Media type and extension. */
export const FORMATS = [
  ["image/png", "png"],
  ["image/webp", "webp"],
  ["image/jpeg", "jpg"],
] as const;
export type TileFormat = (typeof FORMATS)[number];

/** The capabilities document, WMTS 1.0.0, layer by layer: each lists all times. */
export function* wmtsCapabilities(offer: WmtsOffer): Generator<string> {
  const { base, title, minZoom, maxZoom } = offer;
  const query = offer.query === "" ? "" : `${offer.query}&`;
  const kvp = escapeXml(`${base}/wmts?${query}`);
  const get = `<ows:DCP><ows:HTTP><ows:Get xlink:href="${kvp}"><ows:Constraint name="GetEncoding"><ows:AllowedValues><ows:Value>KVP</ows:Value></ows:AllowedValues></ows:Constraint></ows:Get></ows:HTTP></ows:DCP>`;
  const times = offer.times.length === 0 ? "" : timeXml(offer.times);
  yield `<?xml version="1.0" encoding="UTF-8"?>
<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
  <ows:ServiceIdentification>
    <ows:Title>${escapeXml(title)}</ows:Title>
    <ows:ServiceType>OGC WMTS</ows:ServiceType>
    <ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion>
  </ows:ServiceIdentification>
  <ows:OperationsMetadata>
    <ows:Operation name="GetCapabilities">${get}</ows:Operation>
    <ows:Operation name="GetTile">${get}</ows:Operation>
  </ows:OperationsMetadata>
  <Contents>
`;
  for (const layer of offer.layers) yield `${layerXml(layer, offer, times)}\n`;
  yield `    <TileMatrixSet>
      <ows:Identifier>${MATRIX_SET}</ows:Identifier>
      <ows:SupportedCRS>${offer.asEpsg ? "EPSG:3857" : "urn:ogc:def:crs:EPSG::3857"}</ows:SupportedCRS>
      <WellKnownScaleSet>urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible</WellKnownScaleSet>
${Array.from({ length: maxZoom - minZoom + 1 }, (_, i) => matrixXml(minZoom + i)).join("\n")}
    </TileMatrixSet>
  </Contents>
  <ServiceMetadataURL xlink:href="${escapeXml(`${base}/WMTSCapabilities.xml${query === "" ? "" : `?${offer.query}`}`)}"/>
</Capabilities>
`;
}

function layerXml({ id, title }: WmtsOffer["layers"][number], offer: WmtsOffer, time: string): string {
  const [west, south, east, north] = offer.bounds;
  const crosses = west > east;
  const query = `?render=${encodeURIComponent(id)}${time === "" ? "" : "&datetime={Time}"}${offer.query === "" ? "" : `&${offer.query}`}`;
  const urls = offer.formats.map(
    ([type, extension]) =>
      `      <ResourceURL format="${type}" resourceType="tile" template="${escapeXml(`${offer.base}/tiles/${MATRIX_SET}/{TileMatrix}/{TileCol}/{TileRow}.${extension}${query}`)}"/>`,
  );
  return `    <Layer>
      <ows:Title>${escapeXml(`${offer.title}: ${title}`)}</ows:Title>
      <ows:WGS84BoundingBox crs="urn:ogc:def:crs:OGC:2:84">
        <ows:LowerCorner>${crosses ? -180 : west} ${south}</ows:LowerCorner>
        <ows:UpperCorner>${crosses ? 180 : east} ${north}</ows:UpperCorner>
      </ows:WGS84BoundingBox>
      <ows:Identifier>${escapeXml(id)}</ows:Identifier>
      <Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style>
${offer.formats.map(([type]) => `      <Format>${type}</Format>`).join("\n")}${time}
      <TileMatrixSetLink><TileMatrixSet>${MATRIX_SET}</TileMatrixSet></TileMatrixSetLink>
${urls.join("\n")}
    </Layer>`;
}

function timeXml(times: readonly string[]): string {
  const values = times.map((time) => `        <Value>${escapeXml(time)}</Value>`).join("\n");
  return `
      <Dimension>
        <ows:Identifier>Time</ows:Identifier>
        <ows:UOM>ISO8601</ows:UOM>
        <Default>${escapeXml(times.at(-1) ?? "")}</Default>
        <Current>false</Current>
${values}
      </Dimension>`;
}

function matrixXml(z: number): string {
  return `      <TileMatrix>
        <ows:Identifier>${z}</ows:Identifier>
        <ScaleDenominator>${SCALE_0 / 2 ** z}</ScaleDenominator>
        <TopLeftCorner>${-HALF_WORLD_M} ${HALF_WORLD_M}</TopLeftCorner>
        <TileWidth>256</TileWidth>
        <TileHeight>256</TileHeight>
        <MatrixWidth>${2 ** z}</MatrixWidth>
        <MatrixHeight>${2 ** z}</MatrixHeight>
      </TileMatrix>`;
}
