import { testTileCache } from "./tile-cache.js";

/** The simplest there is: shows that the suite asks for nothing more than a map. */
testTileCache("a map", async () => {
  const stored = new Map<string, Uint8Array>();
  return {
    get: async (key) => stored.get(key)?.slice(),
    set: async (key, value) => void stored.set(key, value.slice()),
    close: async () => stored.clear(),
  };
});
