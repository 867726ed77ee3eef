/** Places in tiles of the whole world, `count` of them a side: 0 at 180 degrees west and 85.05 north. */
export function lonToTile(lon: number, count: number): number {
  return ((lon + 180) / 360) * count;
}

export function latToTile(lat: number, count: number): number {
  const radians = (Math.max(-85.06, Math.min(85.06, lat)) * Math.PI) / 180;
  return ((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * count;
}

export function tileToLon(x: number, count: number): number {
  return (x / count) * 360 - 180;
}

export function tileToLat(y: number, count: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / count))) * 180) / Math.PI;
}
