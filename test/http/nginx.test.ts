import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";
import { startServer } from "../support/server.js";

const DOCS = fileURLToPath(new URL("../../../docs/deploying.md", import.meta.url));
const PUBLIC = "https://maps.example.org";
const hasTool = (name: string): boolean => spawnSync(name, ["-v"], { stdio: "ignore" }).error === undefined;
const SKIP = ["nginx", "openssl"].every(hasTool) ? false : "nginx or openssl is not installed";

const server = useSceneServer({ publicUrl: PUBLIC });

test(
  "docs/deploying.md's nginx: it starts, keeps tiles, hides metrics, and goes on without one of two",
  { skip: SKIP },
  async (t) => {
    const folder = server.files.path("nginx");
    await mkdir(folder);
    const second = await startServer({ catalog: server.catalog, publicUrl: PUBLIC });
    const [, block = ""] = /```nginx\n([^]*?)```/.exec(await readFile(DOCS, "utf8")) ?? [];
    const own = block
      .replace("/var/cache/nginx/tiles", `${folder}/cache`)
      .replaceAll("/etc/ssl/maps.example.org", `${folder}/maps`)
      .replace("127.0.0.1:8080", new URL(server.url).host)
      .replace("127.0.0.1:8081", new URL(second.url).host);
    const whole = (text: string): string =>
      `user ${userInfo().username}; daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${text} }`;
    const subject = ["-subj", "/CN=maps.example.org", "-keyout", `${folder}/maps.key`, "-out", `${folder}/maps.pem`];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject], {
      stdio: "ignore",
    });
    const conf = `${folder}/nginx.conf`;
    await writeFile(conf, whole(own));
    const checked = spawnSync("nginx", ["-t", "-p", folder, "-c", conf], { encoding: "utf8" });
    assert.equal(checked.status, 0, checked.stderr);

    const port = 20_000 + Math.floor(20_000 * Math.random());
    await writeFile(
      conf,
      whole(own.replace("listen 443 ssl http2", `listen 127.0.0.1:${port}`).replaceAll(/ssl_certificate.*;/g, "")),
    );
    const nginx = spawn("nginx", ["-p", folder, "-c", conf], { stdio: "ignore" });
    t.after(async () => {
      nginx.kill("SIGTERM");
      if (nginx.exitCode === null) await once(nginx, "exit");
    });
    const get = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, init);
    for (
      let i = 0;
      i < 100 &&
      !(await get("/livez").then(
        (answer) => answer.ok,
        () => false,
      ));
      i++
    )
      await sleep(100);

    const tile = `/collections/${SCENE.collection}/items/scene_2024-01-10/tiles/WebMercatorQuad/12/2082/1513.png?assets=B04`;
    const [first, again] = [await get(tile), await get(tile)];
    assert.deepEqual([first.status, first.headers.get("x-cache"), again.headers.get("x-cache")], [200, "MISS", "HIT"]);
    const direct = await fetch(server.url + tile);
    assert.equal(first.headers.get("etag"), direct.headers.get("etag"));
    assert.deepEqual(await again.arrayBuffer(), await direct.arrayBuffer());
    await first.arrayBuffer();
    const known = await get(tile, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    assert.equal(known.status, 304);
    assert.equal((await get("/metrics")).status, 403);
    const { links } = (await (await get("/search?limit=1")).json()) as { links: { href: string }[] };
    for (const { href } of links) assert.ok(href.startsWith(`${PUBLIC}/`), href);
    await second.close();
    for (let i = 0; i < 20; i++)
      assert.equal((await get(`/search?limit=1&datetime=2024-0${1 + (i % 9)}-01T00:00:00Z/..`)).status, 200);
  },
);
