import { after, before } from "node:test";
import type { ConfigInput } from "../../src/app/config.js";
import type { Services } from "../../src/app/services.js";
import { makeMosaicCatalog } from "./mosaic-catalog.js";
import { makeSceneCatalog } from "./scene-catalog.js";
import { startServer, type TestServer } from "./server.js";
import { createWorkspace, type Workspace } from "./workspace.js";

/** The real server over a catalog, for all tests of a file; there while they run. */
export interface FileServer {
  readonly url: string;
  readonly services: Services;
  /** The catalog's folder. */
  readonly catalog: string;
  readonly files: Workspace;
}

/** Starts it over the scene's catalog before the file's tests and ends it after them; call it once, at the top. */
export function useSceneServer(settings: ConfigInput = {}): FileServer {
  return useServer(makeSceneCatalog, settings);
}

/** The same over the catalog of dates for mosaics. */
export function useMosaicServer(settings: ConfigInput = {}): FileServer {
  return useServer(makeMosaicCatalog, settings);
}

function useServer(makeCatalog: (files: Workspace) => Promise<string>, settings: ConfigInput): FileServer {
  let running: { readonly files: Workspace; readonly catalog: string; readonly server: TestServer } | undefined;
  before(async () => {
    const files = await createWorkspace();
    const catalog = await makeCatalog(files);
    running = { files, catalog, server: await startServer({ catalog, ...settings }) };
  });
  after(async () => {
    await running?.server.close();
    await running?.files.close();
  });
  const there = (): NonNullable<typeof running> => {
    if (running === undefined) throw new Error("the server runs only while tests do");
    return running;
  };
  return {
    get url() {
      return there().server.url;
    },
    get services() {
      return there().server.services;
    },
    get catalog() {
      return there().catalog;
    },
    get files() {
      return there().files;
    },
  };
}
