import type { Dice } from "./target.js";

const STRANGE: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => "",
  () => "__proto__",
  () => "constructor",
  () => "x".repeat(5000),
  () => "\u0000\ud800\u202e",
  () => 0,
  () => -1,
  () => 1e308,
  () => -1e-320,
  () => 2 ** 53,
  () => 2 ** 31,
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => nested(2000),
  () => Array.from({ length: 3000 }, (_, i) => i),
  () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as unknown,
  () => "2024-02-30T25:61:61Z",
  () => "../../../etc/passwd",
  () => "file:///etc/passwd",
  () => "http://[::1]:1/x",
  () => [181, 91, -181, -91],
  () => ({ type: "Polygon", coordinates: [[[0, 0]]] }),
  () => ({ type: "GeometryCollection", geometries: [] }),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** A copy of a JSON value in which one to a few places hold something else, are gone, doubled or come from elsewhere in it. */
export function mutateJson(value: unknown, dice: Dice): unknown {
  const holder: Record<string, unknown> = { value: structuredClone(value) };
  for (let i = 1 + dice.below(dice.chance(0.8) ? 2 : 10); i > 0; i--) {
    const places = placesOf(holder);
    const { parent, key } = dice.pick(places);
    const donor = dice.pick(places);
    switch (dice.below(5)) {
      case 0:
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else if (parent !== holder) delete parent[key];
        break;
      case 1:
        set(parent, key, structuredClone(get(donor.parent, donor.key)));
        break;
      case 2: {
        const old = get(parent, key);
        if (typeof old === "number")
          set(parent, key, dice.pick([-old, old * 1e6, old / 1e6, old + 0.5, Math.round(old)]));
        else if (typeof old === "string")
          set(parent, key, old.slice(0, dice.below(old.length + 1)) + dice.pick(["", "é", "%", "\n", "0"]));
        else set(parent, key, dice.pick(STRANGE)());
        break;
      }
      case 3:
        if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
        else set(parent, dice.pick(["id", "type", "links", "x", "__proto__x"]), dice.pick(STRANGE)());
        break;
      default:
        set(parent, key, dice.pick(STRANGE)());
    }
  }
  return holder["value"];
}

type Parent = Record<string, unknown> | unknown[];

interface Place {
  readonly parent: Parent;
  readonly key: string;
}

const get = (parent: Parent, key: string): unknown => (Array.isArray(parent) ? parent[Number(key)] : parent[key]);

function set(parent: Parent, key: string, value: unknown): void {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Every place of the value, without recursion: what was put in may be deep. */
function placesOf(root: Parent): readonly Place[] {
  const places: Place[] = [];
  const stack: Parent[] = [root];
  for (let parent = stack.pop(); parent !== undefined && places.length < 5000; parent = stack.pop()) {
    for (const key of Object.keys(parent)) {
      places.push({ parent, key });
      const value = get(parent, key);
      if (typeof value === "object" && value !== null) stack.push(value as Parent);
    }
  }
  return places;
}
