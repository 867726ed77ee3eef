import { canMerge, CUBE_PERIODS, mosaicCube } from "../app/mosaic-cube.js";
import type { StacJson } from "../catalog/types.js";
import type { Cube } from "../tile/cube.js";
import { cubeArrays, filledArrays, mosaicArrays, type ZarrArray } from "./zarr-arrays.js";

/** The group beside the dates in which what clouds hide is filled. */
export const INPAINT_GROUP = "inpaint";

/** The group's own document, with those of all arrays inside, and of the groups beside them (consolidated metadata). */
export function cubeGroup(cube: Cube, title: string): StacJson {
  const beside = [...groupsBeside(cube)].map(([name, { json }]) => [name, json(`${title}, ${name}`)] as const);
  return nest(group({ title, ...conventions(cube) }, documentsOf(cubeArrays(cube))), beside);
}

/** A group beside a cube's dates. */
interface GroupBeside {
  /** Its document. */
  readonly json: (title: string) => StacJson;
  readonly arrays: () => ReadonlyMap<string, ZarrArray>;
}

/** What is read of the same dates another way: filled, and merged by periods. */
export function groupsBeside(cube: Cube): ReadonlyMap<string, GroupBeside> {
  const filled: GroupBeside = {
    arrays: () => filledArrays(cube),
    json: (title) =>
      group(
        {
          title,
          ...conventions(cube),
          comment: "Pixels where inferred isn't 0 were filled from other dates, not observed",
        },
        documentsOf(filledArrays(cube)),
      ),
  };
  const merged = CUBE_PERIODS.map((every): readonly [string, GroupBeside] => {
    const arrays = (): ReadonlyMap<string, ZarrArray> => mosaicArrays(mosaicCube(cube, every));
    const comment = `The median of each ${every}'s clear pixels, band by band`;
    return [every, { arrays, json: (title) => group({ title, ...conventions(cube), comment }, documentsOf(arrays())) }];
  });
  return new Map([[INPAINT_GROUP, filled], ...(canMerge(cube) ? merged : [])]);
}

const documentsOf = (arrays: ReadonlyMap<string, ZarrArray>): StacJson =>
  Object.fromEntries([...arrays].map(([name, { json }]) => [name, json]));

/** A group of cubes whose grids differ; each is opened by its name. */
export function cubesGroup(cubes: ReadonlyMap<string, StacJson>, title: string): StacJson {
  return nest(group({ title, cubes: [...cubes.keys()] }, {}), [...cubes]);
}

/** Groups inside another, whose consolidated metadata then has theirs too. */
function nest(outer: StacJson, inner: readonly (readonly [string, StacJson])[]): StacJson {
  const metadataOf = ({ consolidated_metadata: consolidated }: StacJson): StacJson =>
    (consolidated as { readonly metadata: StacJson }).metadata;
  const nested = inner.flatMap(([name, json]) => {
    const { consolidated_metadata: _, ...own } = json;
    return [
      [name, own] as const,
      ...Object.entries(metadataOf(json)).map(([array, one]) => [`${name}/${array}`, one] as const),
    ];
  });
  const { attributes } = outer as { readonly attributes: StacJson };
  return group(attributes, { ...metadataOf(outer), ...Object.fromEntries(nested) });
}

function group(attributes: StacJson, metadata: StacJson): StacJson {
  return {
    zarr_format: 3,
    node_type: "group",
    attributes,
    consolidated_metadata: { kind: "inline", must_understand: false, metadata },
  };
}

/** CF, and GeoZarr's conventions `proj:` and `spatial:` (https://github.com/zarr-conventions). */
function conventions({ crs, transform, width, height }: Cube): StacJson {
  const [a, b, c, d, e, f] = transform;
  const corners = [0, width].flatMap((x) => [0, height].map((y) => [a * x + b * y + c, d * x + e * y + f] as const));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return {
    Conventions: "CF-1.11",
    zarr_conventions: CONVENTIONS,
    ...(/^\w+:\w+$/.test(crs) ? { "proj:code": crs } : {}),
    "spatial:dimensions": ["y", "x"],
    "spatial:transform": transform,
    "spatial:shape": [height, width],
    "spatial:bbox": [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    "spatial:registration": "pixel",
  };
}

const CONVENTIONS = [
  {
    name: "proj:",
    uuid: "f17cb550-5864-4468-aeb7-f3180cfb622f",
    schema_url: "https://raw.githubusercontent.com/zarr-experimental/geo-proj/refs/tags/v1/schema.json",
    spec_url: "https://github.com/zarr-experimental/geo-proj/blob/v1/README.md",
    description: "Coordinate reference system information for geospatial data",
  },
  {
    name: "spatial:",
    uuid: "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
    schema_url: "https://raw.githubusercontent.com/zarr-conventions/spatial/refs/tags/v1/schema.json",
    spec_url: "https://github.com/zarr-conventions/spatial/blob/v1/README.md",
    description: "Spatial coordinate information",
  },
];
