import { smoothstep } from "./noise.js";

/** What a date does to the whole place. */
export interface Season {
  /** 1..366, with the time of day as a fraction. */
  readonly day: number;
  readonly year: number;
  /** Degrees above the horizon. */
  readonly sunElevation: number;
  /** Degrees clockwise from north. */
  readonly sunAzimuth: number;
  /** Leaves on deciduous trees, 0..1. */
  readonly leaves: number;
  /** Of those, turned yellow and brown, 0..1. */
  readonly autumn: number;
  /** Grass: green share, the rest dry. */
  readonly grass: number;
  /** Snow lies above, metres; very high in summer. */
  readonly snowLineM: number;
  /** Suspended matter in rivers and at the coast, 0..1: most after winter rain. */
  readonly turbidity: number;
}

/** The season at a latitude (degrees) and instant; the sun by the usual declination and hour-angle formulae, within half a degree. */
export function seasonOf(instant: Date, latitude: number, longitude: number): Season {
  const year = instant.getUTCFullYear();
  const day = (instant.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1;
  const toRadians = Math.PI / 180;
  const declination = -23.44 * Math.cos((2 * Math.PI * (day + 9)) / 365.25) * toRadians;
  const hour = ((instant.getTime() % 86_400_000) / 3_600_000 + longitude / 15 - 12) * 15 * toRadians;
  const phi = latitude * toRadians;
  const sine = Math.sin(phi) * Math.sin(declination) + Math.cos(phi) * Math.cos(declination) * Math.cos(hour);
  const azimuth = Math.atan2(Math.sin(hour), Math.cos(hour) * Math.sin(phi) - Math.tan(declination) * Math.cos(phi));
  const winter = Math.min(day, 365 - day);
  return {
    day,
    year,
    sunElevation: Math.max(8, Math.asin(sine) / toRadians),
    sunAzimuth: (azimuth / toRadians + 540) % 360,
    leaves: smoothstep(92, 128, day) - smoothstep(300, 332, day),
    autumn: smoothstep(272, 312, day),
    grass: 0.55 + 0.4 * Math.exp(-(((day - 128) / 38) ** 2)) - 0.25 * Math.exp(-(((day - 222) / 40) ** 2)),
    snowLineM: 260 + 7 * Math.max(0, winter - 18),
    turbidity: 0.35 + 0.5 * smoothstep(110, 20, winter),
  };
}
