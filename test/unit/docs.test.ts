import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { parseConfig } from "../../src/app/config.js";
import { COMMANDS } from "../../src/cli/commands.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(ROOT + path, "utf8");

test("config/default.json lists every setting with its default", () => {
  assert.deepEqual(
    JSON.parse(read("config/default.json")),
    JSON.parse(JSON.stringify({ ...parseConfig({}), models: [] })),
  );
  parseConfig(JSON.parse(read("config/demo.json")) as object);
  assert.throws(() => parseConfig({ prot: 80 } as never), /prot/);
  assert.throws(() => parseConfig({ port: 70000 }), /Setting port/);
});

test("docker-compose.yml starts the server with a volume, on the port that the image exposes", () => {
  const compose = parse(read("docker-compose.yml")) as {
    services: Record<
      string,
      { build: string; ports: string[]; volumes: string[]; environment: Record<string, string> }
    >;
    volumes: object;
  };
  const service = compose.services["tectile"];
  assert.ok(service !== undefined);
  assert.deepEqual(service.ports, ["8080:8080"]);
  assert.match(read("Dockerfile"), /EXPOSE 8080/);
  const [volume = ""] = service.volumes;
  assert.equal(volume.split(":")[1], service.environment["TECTILE_CATALOG"]);
  assert.ok((volume.split(":")[0] ?? "") in compose.volumes);
  for (const name of ["Dockerfile", "docs/deploying.md", "docs/operations.md"])
    assert.match(read(name), /MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=262144/, name);
  // What docs/deploying.md says to set is what is read.
  for (const [, name = ""] of JSON.stringify(compose).matchAll(/\$\{(\w+)/g)) assert.match(name, /^TECTILE_/);
});

test("README names only scripts, commands and files that exist", () => {
  const readme = read("README.md");
  const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
  for (const [, script = ""] of readme.matchAll(/npm (?:run (?:-s )?)?(start|test|check|fix|build|tectile)\b/g))
    assert.ok(script in scripts, script);
  for (const [, command = ""] of readme.matchAll(/tectile (?:-- )?([a-z]+) (?:--|[A-Z.])/g))
    assert.ok(command in COMMANDS, command);
  for (const [, path = ""] of readme.matchAll(/\]\(((?:docs|bench|models|plugins)\/[^)#]+)\)/g))
    assert.ok(readFileSync(ROOT + path.replace(/\/$/, "/README.md")).length > 0, path);
});

test("docs/security.md and docs/deploying.md name only tests, settings and documents that exist", () => {
  const settings = new Set(Object.keys({ ...parseConfig({}), publicUrl: "", writeToken: "" }));
  for (const name of ["docs/security.md", "docs/deploying.md"]) {
    const text = read(name);
    for (const [, path = ""] of text.matchAll(/\b(test\/(?:unit\/\w+|http|e2e)\/[\w-]+)/g))
      assert.ok(read(`${path}.test.ts`).length > 0, path);
    for (const [, setting = ""] of text.matchAll(/`([a-z]+(?:[A-Z][a-z]+)+)`/g))
      assert.ok(settings.has(setting), setting);
    for (const [, path = ""] of text.matchAll(/\]\(([\w.-]+\.md)\)/g)) assert.ok(read(`docs/${path}`).length > 0, path);
  }
  const compose = parse(read("docker-compose.yml")) as { services: Record<string, Record<string, unknown>> };
  const service = compose.services["tectile"] ?? {};
  for (const key of ["read_only", "mem_limit", "cpus", "healthcheck", "stop_grace_period"])
    assert.ok(key in service, key);
  assert.ok(Number.parseInt(String(service["stop_grace_period"]), 10) * 1000 > parseConfig({}).shutdownMs);
});
