import type { Connection } from "./connection.js";

/** What a server sends; read with the functions below, which never throw. */
export type Json = Readonly<Record<string, unknown>>;

/** The server that the page came from: every URL is relative to the page, so any mount path works. */
export const SERVER = new URL("./", document.baseURI);

/** A JSON document of the server; throws with what its problem document says. */
export async function fetchJson(ask: Connection["ask"], path: string, signal?: AbortSignal): Promise<Json> {
  const options = {
    headers: { Accept: "application/json, application/geo+json" },
    ...(signal === undefined ? {} : { signal }),
  };
  const response = await ask(new URL(path, SERVER), options);
  if (!response.ok) throw new Error(`${path.split("?")[0]}: ${await problemText(response, response.status)}`);
  return record(await response.json());
}

/** The detail of a problem document, or the status: what a person should read. */
export async function problemText(response: Response | Blob, status: number): Promise<string> {
  const body = await response.text();
  try {
    return text(record(JSON.parse(body))["detail"]) || `the server answered ${status}`;
  } catch {
    return `the server answered ${status}`;
  }
}

/** The object, or an empty one where it is something else. */
export function record(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

/** The array, or an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string, or an empty one. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The number where it is finite. */
export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
