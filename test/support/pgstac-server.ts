import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const PROGRAMS = "/usr/lib/postgresql";

export interface PgstacServer {
  readonly url: string;
  /** An empty catalog again. */
  clear(): Promise<void>;
  addCollection(collection: object): Promise<void>;
  addItem(item: object): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL of the test's own with pgSTAC in it; a word where PostgreSQL, PostGIS or pypgstac isn't installed. */
export async function startPgstac(): Promise<PgstacServer | string> {
  const versions = await readdir(PROGRAMS).catch(() => []);
  const [version] = versions;
  if (version === undefined) return "PostgreSQL is not installed";
  const missing = await run(PYTHON, ["-c", "import pypgstac.migrate"]).then(
    () => false,
    () => true,
  );
  if (missing) return "pypgstac is not installed; TECTILE_TEST_PYTHON names a Python that has it";
  const folder = await mkdtemp(join(tmpdir(), "tectile-pgstac-"));
  // PostgreSQL refuses to run as root.
  const asUser = (command: string): Promise<unknown> =>
    process.getuid?.() === 0 ? run("su", ["postgres", "-c", command]) : run("sh", ["-c", command]);
  if (process.getuid?.() === 0) await run("chown", ["postgres", folder]);
  const port = await freePort();
  const programs = join(PROGRAMS, version, "bin");
  await asUser(`${programs}/initdb -D ${folder}/data -A trust -U postgres --no-sync`);
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
  await asUser(`${programs}/pg_ctl -D ${folder}/data -o "${settings}" -l ${folder}/log -w start`);
  const stop = async (): Promise<void> => {
    await asUser(`${programs}/pg_ctl -D ${folder}/data -m immediate -w stop`);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const environment = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "postgres", PGDATABASE: "postgres" };
  try {
    await run(PYTHON, ["-m", "pypgstac.pypgstac", "migrate"], { env: { ...process.env, ...environment } });
  } catch (error) {
    await stop();
    return `pgSTAC can't be put into PostgreSQL: ${String(error).slice(0, 300)}`;
  }
  const pool = new pg.Pool({ connectionString: url, options: "-c search_path=pgstac,public" });
  // As pgSTAC's documentation has it: without a type numbers sort as text.
  await pool.query(
    `INSERT INTO queryables (name, definition, property_wrapper) VALUES ('eo:cloud_cover', '{"type": "number"}', 'to_float')
     ON CONFLICT DO NOTHING`,
  );
  return {
    url,
    async clear() {
      await pool.query("DELETE FROM items");
      await pool.query("DELETE FROM collections");
    },
    addCollection: async (collection) =>
      void (await pool.query("SELECT upsert_collection($1)", [JSON.stringify(collection)])),
    addItem: async (item) => void (await pool.query("SELECT upsert_item($1)", [JSON.stringify(item)])),
    async stop() {
      await pool.end();
      await stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
