import { cp, readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Workspace } from "../../test/support/workspace.js";
import { MISBEHAVIOURS } from "../faults/misbehaviours.js";
import { isSame, readPicture } from "../faults/pictures.js";
import { idOf, linkItems, makeSource, startStore, type Behaviour } from "../faults/stores.js";
import type { Tally } from "./traffic.js";

/** Items whose files lie on stores that misbehave now and then. */
export interface Remote {
  /** Host and port of the stores. */
  readonly host: string;
  /** Asks for them until it is over: the right picture, or a refusal with its reason. */
  look(url: string, tally: Tally, random: () => number, isOver: () => boolean): Promise<void>;
  close(): void;
}

/** Adds them to a catalog as collection "place". */
export async function addRemote(files: Workspace, catalog: string): Promise<Remote> {
  const source = await makeSource(files);
  const behaviours = [...MISBEHAVIOURS].map(([name, answer]): Behaviour => ({
    name,
    answer,
    mood: "never",
    version: 1,
    count: 0,
  }));
  const store: Server = await startStore(source.bytes, behaviours);
  const host = `127.0.0.1:${(store.address() as AddressInfo).port}`;
  await cp(`${source.catalog}/place`, `${catalog}/place`, { recursive: true });
  await linkItems(catalog, behaviours.length, `http://${host}`);
  const root = JSON.parse(await readFile(`${catalog}/catalog.json`, "utf8")) as { readonly links: readonly object[] };
  const child = { rel: "child", href: "./place/collection.json", type: "application/json" };
  await writeFile(`${catalog}/catalog.json`, JSON.stringify({ ...root, links: [...root.links, child] }));
  return {
    host,
    async look(url, tally, random, isOver) {
      while (!isOver()) {
        const i = Math.floor(random() * behaviours.length);
        const behaviour = behaviours[i];
        if (behaviour === undefined) continue;
        const mood = (["always", "sometimes", "never"] as const)[Math.floor(3 * random())] ?? "never";
        Object.assign(behaviour, { mood, version: 1 + Math.floor(2 * random()) });
        const got = await readPicture({ url }, `place/${idOf(i)}`);
        tally.byStatus.set(got.status, (tally.byStatus.get(got.status) ?? 0) + 1);
        const isRight = isSame(got, source.right, true);
        if (
          !isRight &&
          (got.status === 200 || !/"detail":"[^"]+"/.test(got.text) || /its log has the details/.test(got.text))
        )
          tally.wrong.push(`a store that ${behaviour.name} (${mood}): ${got.text}`);
        await sleep(50);
      }
    },
    close() {
      store.closeAllConnections();
      store.close();
    },
  };
}
