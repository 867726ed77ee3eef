import { BANDS } from "../../core/bands.js";
import { hash, random, smoothstep } from "./noise.js";
import { COVER, type Place } from "./place.js";
import type { Season } from "./season.js";
import { cropOf, cropState, SPECTRA, type CropState, type Material } from "./spectra.js";

/** The ground on a date, without air, clouds and sensor. */
export interface Surface {
  /** Reflectance x 10000, length = 12 x pixels, planar. */
  readonly samples: Float32Array;
  /** Snow cover, 0..1. */
  readonly snow: Float32Array;
}

/** Paints every pixel as a mixture of materials, lit by the sun of the date. */
export function paintSurface(place: Place, season: Season): Surface {
  const count = place.width * place.height;
  const painter = new Painter(place, season);
  for (let i = 0; i < count; i++) painter.paint(i);
  return { samples: painter.samples, snow: painter.snow };
}

const BAND_COUNT = BANDS.length;

class Painter {
  readonly samples: Float32Array;
  readonly snow: Float32Array;
  private readonly place: Place;
  private readonly season: Season;
  private readonly count: number;
  private readonly mix = new Float32Array(BAND_COUNT);
  private readonly sun: readonly [x: number, y: number, z: number];
  private field = -1;
  private crop: CropState = { green: 0, dry: 0, flower: 0 };
  private vineRows = 0;

  constructor(place: Place, season: Season) {
    this.place = place;
    this.season = season;
    this.count = place.width * place.height;
    this.samples = new Float32Array(BAND_COUNT * this.count);
    this.snow = new Float32Array(this.count);
    const [azimuth, elevation] = [(season.sunAzimuth * Math.PI) / 180, (season.sunElevation * Math.PI) / 180];
    // Towards the sun: east, south, up.
    this.sun = [Math.sin(azimuth) * Math.cos(elevation), -Math.cos(azimuth) * Math.cos(elevation), Math.sin(elevation)];
  }

  paint(i: number): void {
    const { cover, road, hedge, grain } = this.place;
    this.mix.fill(0);
    const code = cover[i] ?? 0;
    if (code === COVER.sea || code === COVER.lake || code === COVER.river) {
      this.paintWater(i, code);
      this.write(i, 1 + 0.03 * (grain[i] ?? 0) + 0.07 * (this.place.soil[i] ?? 0));
      return;
    }
    const [roadShare, hedgeShare] = [road[i] ?? 0, hedge[i] ?? 0];
    const rest = (1 - roadShare) * (1 - hedgeShare);
    this.add("asphalt", roadShare);
    if (hedgeShare > 0) this.addTrees(i, hedgeShare * (1 - roadShare), "deciduous");
    const texture = this.paintLand(i, code, rest);
    this.addSnow(i, code);
    this.write(i, texture * this.light(i));
  }

  /** Adds the cover's materials with weights that sum to `share`; gives its brightness texture. */
  private paintLand(i: number, code: number, share: number): number {
    const { soil, grain } = this.place;
    const [broad, fine] = [soil[i] ?? 0, grain[i] ?? 0];
    switch (code) {
      case COVER.crop:
        return this.paintField(i, share);
      case COVER.meadow: {
        const green = Math.min(0.95, Math.max(0.1, this.season.grass + 0.22 * broad));
        this.add("meadow", share * green);
        this.add("dryGrass", share * (1 - green) * 0.75);
        this.add("brownSoil", share * (1 - green) * 0.25);
        return 1 + 0.06 * fine + this.fieldTone(i, 0.12);
      }
      case COVER.deciduous:
      case COVER.conifer:
        this.addTrees(i, share, code === COVER.conifer ? "conifer" : "deciduous");
        return 1 + 0.24 * fine + 0.1 * broad;
      case COVER.scrub: {
        const bare = Math.min(0.7, Math.max(0.1, 0.35 + 0.45 * fine + 0.2 * broad));
        this.add("scrub", share * (1 - bare));
        this.add("dryGrass", share * bare * (1 - 0.6 * this.season.grass));
        this.add("meadow", share * bare * 0.6 * this.season.grass);
        return 1 + 0.12 * fine;
      }
      case COVER.rock:
        this.add("rock", share * 0.75);
        this.add("scrub", share * 0.25);
        return 1 + 0.18 * fine + 0.12 * broad;
      case COVER.beach:
        this.add("sand", share * 0.85);
        this.add("dryGrass", share * 0.15);
        return 0.95 + 0.08 * fine;
      default:
        return this.paintBuilt(i, code, share);
    }
  }

  private paintField(i: number, share: number): number {
    const { fields, soil, grain, seed } = this.place;
    const field = fields.field[i] ?? 0;
    if (field !== this.field) this.turnTo(field);
    const { green, dry, flower } = this.crop;
    const broad = soil[i] ?? 0;
    // Wet and deep soils carry more; where a crop is thin its patchiness shows.
    const thin = 4 * green * (1 - green);
    const leaves = Math.min(
      1,
      Math.max(0, green * (1 + 0.1 * broad) + 0.16 * thin * broad + this.vineRows * (grain[i] ?? 0)),
    );
    const straw = Math.min(1 - leaves, dry);
    const petals = Math.min(1 - leaves - straw, flower);
    const bare = Math.max(0, 1 - leaves - straw - petals);
    this.add("denseCrop", share * leaves);
    this.add("straw", share * straw);
    this.add("flower", share * petals);
    const tint = random(seed, field, 3) + 0.35 * broad;
    const light = smoothstep(0.45, 0.95, tint) * 0.6;
    const red = smoothstep(0.35, -0.1, tint) * 0.45;
    this.add("lightSoil", share * bare * light);
    this.add("redSoil", share * bare * red);
    this.add("brownSoil", share * bare * (1 - light - red));
    return 1 + this.fieldTone(i, 0.14) + bare * 0.13 * broad + 0.035 * (grain[i] ?? 0) + this.furrows(i, bare + straw);
  }

  /** Each field is sown earlier or later, thicker or thinner than its crop's average. */
  private turnTo(field: number): void {
    const { seed } = this.place;
    const { day, year } = this.season;
    const crop = cropOf(random(seed, field, year));
    const state = cropState(crop, day + 22 * (random(seed, field, 1) - 0.5));
    const vigour = 0.78 + 0.34 * random(seed, field, 2);
    this.field = field;
    this.vineRows = crop === "vineyard" ? 0.1 : 0;
    this.crop = { green: Math.min(1, state.green * vigour), dry: state.dry * vigour, flower: state.flower * vigour };
  }

  private fieldTone(i: number, amplitude: number): number {
    return amplitude * (random(this.place.seed, this.place.fields.field[i] ?? 0, 4) - 0.5) * 2;
  }

  /** Faint stripes along a field's long side where it was worked: swaths of about 40 m, uneven. */
  private furrows(i: number, share: number): number {
    const { width, fields, seed } = this.place;
    const field = fields.field[i] ?? 0;
    if ((field & 3) !== 0) return 0;
    const angle = fields.angle[i] ?? 0;
    const across = Math.floor(i / width) * Math.cos(angle) - (i % width) * Math.sin(angle);
    return share * 0.07 * (random(seed, field, Math.floor(across / 3.7)) - 0.5);
  }

  private addTrees(i: number, share: number, kind: "deciduous" | "conifer"): void {
    const { leaves, autumn } = this.season;
    const grain = this.place.grain[i] ?? 0;
    const soil = this.place.soil[i] ?? 0;
    // No wood is of one kind: a fifth of the other, in groups.
    const other = Math.min(0.5, Math.max(0, 0.2 + 0.25 * soil + 0.15 * grain));
    const leafy = share * (kind === "deciduous" ? 1 - other : other);
    const turned = Math.min(1, Math.max(0, autumn * (1 + 0.8 * grain)));
    this.add("conifer", share - leafy);
    this.add("autumnWood", leafy * leaves * turned);
    this.add("deciduous", leafy * leaves * (1 - turned));
    this.add("bareWood", leafy * (1 - leaves));
  }

  private paintBuilt(i: number, code: number, share: number): number {
    const { streets, built, seed, grain } = this.place;
    const plot = streets.field[i] ?? 0;
    const street = smoothstep(1.1, 0.3, streets.edge[i] ?? 9) * 0.8;
    const density = Math.min(0.9, 0.25 + 0.6 * (built[i] ?? 0));
    const roof = code === COVER.industry ? 0.85 : random(seed, plot, 5) < density ? 0.45 + 0.45 * density : 0.08;
    const kind = random(seed, plot, 6);
    const bright = code === COVER.industry ? 0.55 : 0.14;
    this.add("asphalt", share * street);
    const ground = share * (1 - street);
    if (kind < bright * 0.35) this.add("metalRoof", ground * roof);
    else if (kind < bright) this.add("concrete", ground * roof);
    else if (kind < 0.72) this.add("tiles", ground * roof);
    else this.add("asphalt", ground * roof);
    const garden = ground * (1 - roof);
    this.add("meadow", garden * 0.4 * this.season.grass);
    this.add("concrete", garden * 0.22);
    this.add("dryGrass", garden * (0.4 - 0.4 * this.season.grass));
    this.addTrees(i, garden * 0.38, "deciduous");
    return 0.92 + 0.28 * (random(seed, plot, 7) - 0.5) + 0.12 * (grain[i] ?? 0);
  }

  private paintWater(i: number, code: number): void {
    const { terrain, soil, width } = this.place;
    const { turbidity } = this.season;
    const broad = soil[i] ?? 0;
    if (code === COVER.lake) {
      const edge = smoothstep(0.75, 1, terrain.lake[i] ?? 0);
      this.add("lakeWater", 1 - 0.3 * edge - 0.25 * turbidity);
      this.add("turbidWater", 0.25 * turbidity + 0.15 * edge);
      this.add("shallowWater", 0.15 * edge);
      return;
    }
    if (code === COVER.river) {
      const bank = smoothstep(-1.6, 0, terrain.river[i] ?? 0);
      this.add("turbidWater", (1 - 0.45 * bank) * (0.35 + 0.5 * turbidity));
      this.add("lakeWater", (1 - 0.45 * bank) * (0.65 - 0.5 * turbidity));
      this.addTrees(i, 0.45 * bank, "deciduous");
      return;
    }
    const off = -(terrain.shore[i] ?? 0);
    const shallow = Math.exp(-off / 5) * 0.75;
    const [dx, dy] = [(i % width) - terrain.mouth[0], Math.floor(i / width) - terrain.mouth[1]];
    // The river's plume is carried south along the shore.
    const plume = Math.exp(-Math.hypot(dx / 1.1, dy > 0 ? dy / 2.2 : dy) / (40 + 60 * turbidity)) * (0.8 + 0.5 * broad);
    const stirred = Math.exp(-off / (14 + 10 * broad)) * 0.55;
    const turbid = Math.min(1 - shallow, Math.max(0, turbidity * (plume + stirred)));
    this.add("shallowWater", shallow);
    this.add("turbidWater", turbid);
    this.add("deepWater", 1 - shallow - turbid);
    // A line of surf.
    this.add("snow", 0.11 * smoothstep(1.6, 0.2, off) * (0.5 + 0.5 * broad));
  }

  private addSnow(i: number, code: number): void {
    const { terrain, soil, grain } = this.place;
    const { snowLineM } = this.season;
    const height = (terrain.elevationM[i] ?? 0) + 70 * (soil[i] ?? 0) - 160 * this.towardsSun(i);
    const depth = smoothstep(snowLineM - 40, snowLineM + 110, height);
    if (depth === 0) return;
    const isWood = code === COVER.conifer || code === COVER.deciduous;
    const cover = depth * Math.min(1, Math.max(0, (isWood ? 0.32 : 0.93) + 0.14 * (grain[i] ?? 0)));
    for (let b = 0; b < BAND_COUNT; b++) this.mix[b] = (this.mix[b] ?? 0) * (1 - cover);
    this.add("snow", cover * 0.92);
    this.snow[i] = cover;
  }

  /** How much a slope leans to the sun: positive on sunny sides. */
  private towardsSun(i: number): number {
    const { slopeX, slopeY } = this.place.terrain;
    return -((slopeX[i] ?? 0) * this.sun[0] + (slopeY[i] ?? 0) * this.sun[1]);
  }

  /** Irradiance against a level place's: Lambert's cosine with a fifth of diffuse light. */
  private light(i: number): number {
    const { slopeX, slopeY } = this.place.terrain;
    const [dx, dy] = [slopeX[i] ?? 0, slopeY[i] ?? 0];
    const [sx, sy, sz] = this.sun;
    const cosine = Math.max(0, sz - dx * sx - dy * sy) / Math.sqrt(1 + dx * dx + dy * dy);
    return 0.2 + 0.8 * Math.min(1.9, cosine / sz);
  }

  private add(material: Material, weight: number): void {
    if (weight <= 0) return;
    const spectrum = SPECTRA[material];
    const { mix } = this;
    for (let b = 0; b < BAND_COUNT; b++) mix[b] = (mix[b] ?? 0) + weight * (spectrum[b] ?? 0);
  }

  private write(i: number, brightness: number): void {
    const { mix, samples, count } = this;
    for (let b = 0; b < BAND_COUNT; b++) samples[b * count + i] = (mix[b] ?? 0) * brightness;
  }
}

/** A stable number for a date, for what is drawn anew each time: clouds, noise. */
export function dateSeed(seed: number, instant: Date): number {
  return hash(seed, Math.floor(instant.getTime() / 86_400_000), 77);
}
