import { definePlugin } from "../src/plugin.js";

/** Further indices of Sentinel-2's bands as named renders: ?render=ndsi. */
export default definePlugin({
  name: "spectral-renders",
  renders: {
    ndsi: {
      title: "Snow index (NDSI)",
      description: "Snow and ice: (B03-B11)/(B03+B11), blue where snow lies (above 0.4), red where it doesn't.",
      expression: "(B03-B11)/(B03+B11)",
      rescale: [[-0.6, 1]],
      colormap_name: "rdbu",
    },
    ndre: {
      title: "Red-edge index (NDRE)",
      description: "Chlorophyll of dense crops, where NDVI no longer rises: (B8A-B05)/(B8A+B05), red for little.",
      expression: "(B8A-B05)/(B8A+B05)",
      rescale: [[-0.1, 0.7]],
      colormap_name: "rdylgn",
    },
    msavi: {
      title: "Soil-adjusted vegetation index (MSAVI2)",
      description: "Young plants on bare soil, with the soil's own colour taken out: red for soil, green for plants.",
      // Qi et al. 1994, for reflectance x 10000.
      expression: "(2*B08+10000-((2*B08+10000)**2-80000*(B08-B04))**0.5)/20000",
      rescale: [[-0.1, 0.8]],
      colormap_name: "rdylgn",
    },
    mndwi: {
      title: "Water index, built-up land kept out (MNDWI)",
      description: "Open water among roofs and roads: (B03-B11)/(B03+B11) over a narrow range, blue for water.",
      expression: "(B03-B11)/(B03+B11)",
      rescale: [[-0.5, 0.5]],
      colormap_name: "rdbu",
    },
    ndbi: {
      title: "Built-up index (NDBI)",
      description: "Roofs, roads and bare ground: (B11-B08)/(B11+B08), bright where land is sealed or bare.",
      expression: "(B11-B08)/(B11+B08)",
      rescale: [[-0.5, 0.3]],
      colormap_name: "magma",
    },
    geology: {
      title: "Geology",
      description:
        "Both short-wave infrared bands and blue: kinds of rock and soil differ in colour, plants are dark blue.",
      assets: ["B12", "B11", "B02"],
      rescale: [
        [0, 5000],
        [0, 5000],
        [0, 3000],
      ],
    },
  },
});
