import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { after, before, describe, test, type TestContext } from "node:test";
import s3Store from "../../plugins/s3-store.js";
import { present } from "../../src/core/assert.js";
import { InvalidRequestError, UpstreamError } from "../../src/core/errors.js";
import { encode, inspect, openTecCog } from "../../src/index.js";
import type { OpenStore } from "../../src/plugin.js";
import { testStore } from "../contract/store.js";
import { listen } from "../support/listen.js";
import { startRangeServer, type RangeServer } from "../support/range-server.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace } from "../support/workspace.js";

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const REGION = "eu-central-1";

const storeOf = (options: Parameters<typeof s3Store>[0]): OpenStore => present(s3Store(options).stores?.["s3"], "s3");

/** AWS Signature 4 by its description, for a GET without a body: what a service computes to compare with. */
function expectedSignature(request: IncomingMessage, signedHeaders: string, scope: string): string {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const headers = signedHeaders.split(";").map((name) => `${name}:${String(request.headers[name])}\n`);
  const payload = String(request.headers["x-amz-content-sha256"]);
  const canonical = ["GET", path, query.split("&").toSorted().join("&"), headers.join(""), signedHeaders, payload].join(
    "\n",
  );
  const date = String(request.headers["x-amz-date"]);
  const text = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const hmac = (key: string | Buffer, value: string): Buffer => createHmac("sha256", key).update(value).digest();
  const key = scope.split("/").reduce<string | Buffer>((made, part) => hmac(made, part), `AWS4${KEYS.secretAccessKey}`);
  return createHmac("sha256", key).update(text).digest("hex");
}

/** The sentence that a service would refuse the request with; undefined for a good signature. */
function refusal(request: IncomingMessage): string | undefined {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    request.headers.authorization ?? "",
  );
  if (parts === null) return "no signature";
  const [, keyId, scope = "", signedHeaders = "", signature] = parts;
  const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  if (keyId !== KEYS.accessKeyId || scope !== `${today}/${REGION}/s3/aws4_request`) return "another key or scope";
  if (!signedHeaders.split(";").includes("host")) return "host is not signed";
  return signature === expectedSignature(request, signedHeaders, scope) ? undefined : "SignatureDoesNotMatch";
}

describe("s3 store", () => {
  let server: RangeServer;
  let made = 0;
  before(async () => {
    server = await startRangeServer((request, response) => {
      if (request.url?.startsWith("/open/")) return false;
      const refused = refusal(request);
      if (refused === undefined) return false;
      response.writeHead(403).end(refused);
      return true;
    });
  });
  after(() => server.close());

  const signed = (): OpenStore => storeOf({ endpoint: server.origin, region: REGION, ...KEYS });

  testStore("s3, signed", {
    open: async (bytes) => {
      const key = `folder/${made++}.bin`;
      server.files.set(`/bucket/${key}`, bytes);
      return signed()(`s3://bucket/${key}`);
    },
    openMissing: async () => signed()("s3://bucket/missing.bin"),
  });

  test("keys of any characters are spelled and signed as the service does", async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    for (const key of ["a b.tif", "a+b&c=d.tif", "(1)!*'.tif", "é/ñ.tif", "100%.tif", "x/?y#z.tif", "a//b.tif"]) {
      const path = key
        .split("/")
        .map((part) =>
          encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
        );
      server.files.set(`/bucket/${path.join("/")}`, bytes);
      const source = await signed()(`s3://bucket/${key}`);
      assert.deepEqual(await source.getRange(1, 2), bytes.slice(1), key);
    }
  });

  test("wrong keys are refused by the service, and the message tells no secret", async () => {
    server.files.set("/bucket/x.bin", new Uint8Array(10));
    const open = storeOf({ endpoint: server.origin, region: REGION, ...KEYS, secretAccessKey: "wrong-secret" });
    const source = await open("s3://bucket/x.bin");
    await assert.rejects(source.getRange(0, 1), (error) => {
      assert.ok(error instanceof UpstreamError);
      assert.equal(error.message, "bucket/x.bin: the server answered 403; wanted 206");
      return true;
    });
  });

  test("without keys requests are plain, with the query that a gateway wants", async () => {
    server.files.set("/open/bucket/x.bin", new Uint8Array([5, 6]));
    const open = storeOf({ endpoint: `${server.origin}/open`, query: { token: "t 1" } });
    assert.deepEqual([...(await (await open("s3://bucket/x.bin")).getRange(0, 9))], [5, 6]);
    assert.equal(server.requests.at(-1), "GET /open/bucket/x.bin?token=t+1 bytes=0-8");
  });

  test("credentials don't follow a redirect to another host", async (t) => {
    const seen: IncomingMessage["headers"][] = [];
    const elsewhere = await listen(t, (request, response) => {
      seen.push(request.headers);
      response.writeHead(404).end();
    });
    const redirecting = await listen(t, (_request, response) =>
      response.writeHead(307, { location: `${elsewhere}/stolen` }).end(),
    );
    const open = storeOf({ endpoint: redirecting, ...KEYS, sessionToken: "session-secret" });
    await assert.rejects((await open("s3://bucket/x.bin")).getRange(0, 1));
    assert.equal(seen.length, 1);
    assert.deepEqual(
      Object.keys(present(seen[0], "headers")).filter((name) => /^x-amz|^authorization/.test(name)),
      [],
    );
  });

  test("locations that are no objects, and half a pair of keys, are InvalidRequestErrors", async () => {
    for (const location of ["s3://bucket", "s3://bucket/", "s3:///key", "s3://b_d/key", "s3://bucket/../other/key"]) {
      await assert.rejects(signed()(location), InvalidRequestError, location);
    }
    const half = storeOf({ endpoint: server.origin, accessKeyId: "AKIDEXAMPLE" });
    await assert.rejects(half("s3://bucket/x"), /no secretAccessKey; wanted both keys, or neither/);
  });

  test("an image is encoded from s3://, and one in s3:// is inspected and read", async (t: TestContext) => {
    const space = await createWorkspace();
    t.after(() => space.close());
    server.files.set("/bucket/in.tif", sceneTiff(96, 80));
    const plugins = [s3Store({ endpoint: server.origin, region: REGION, ...KEYS })];
    const path = space.path("out.tif");
    await encode("s3://bucket/in.tif", path, { plugins, sessions: 1 });
    const { readFile } = await import("node:fs/promises");
    server.files.set("/bucket/out.tif", new Uint8Array(await readFile(path)));
    const [remote, local] = [await inspect("s3://bucket/out.tif", { plugins }), await inspect(path)];
    assert.deepEqual({ ...remote, file: "" }, { ...local, file: "" });
    const image = await openTecCog("s3://bucket/out.tif", { plugins, sessions: 1 });
    t.after(() => image.close());
    const raster = await image.readWindow({ x: 10, y: 20, width: 30, height: 40 });
    assert.equal(raster.samples.length, 12 * 30 * 40);
    assert.ok(raster.valid.every((valid) => valid === 1));
  });
});

test("Amazon's own hosts are addressed by bucket", async (t) => {
  const hosts: string[] = [];
  const original = globalThis.fetch;
  t.after(() => (globalThis.fetch = original));
  globalThis.fetch = async (input) => {
    hosts.push(input instanceof URL ? input.href : "not a URL");
    return new Response("x", { status: 404 });
  };
  await assert.rejects((await storeOf({ region: REGION })("s3://my-bucket/a/b.tif")).getRange(0, 1));
  assert.deepEqual(hosts, ["https://my-bucket.s3.eu-central-1.amazonaws.com/a/b.tif"]);
});
