import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import express from "express";
import { createApp } from "../../src/http/app.js";
import type { HttpServices } from "../../src/http/http-services.js";

export interface Mounting {
  /** Path at which the app is mounted; "/" unless given. */
  readonly mount?: string;
  readonly trustProxy?: boolean;
}

/** Serves the app on a free port until the test ends; gives its URL, mount path included, without a slash at its end. */
export async function startApp(t: TestContext, services: HttpServices, options: Mounting = {}): Promise<string> {
  const { mount = "/", trustProxy = false } = options;
  const app = express();
  if (trustProxy) app.set("trust proxy", true);
  app.use(mount, createApp(services));
  const server = createServer(app).listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((ready) => server.once("listening", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount === "/" ? "" : mount}`;
}

export type Link = { rel: string; href: string; type?: string; method?: string; body?: unknown; title?: string };

/** The fields of STAC and problem documents that tests look at. */
export type Document = Record<string, unknown> & {
  links: Link[];
  features: (Document & { id: string })[];
  detail: string;
};

export async function getJson(url: string, init?: RequestInit): Promise<{ response: Response; json: Document }> {
  const response = await fetch(url, init);
  return { response, json: (await response.json()) as Document };
}

export function postJson(url: string, body: unknown): ReturnType<typeof getJson> {
  const headers = { "Content-Type": "application/json" };
  return getJson(url, { method: "POST", headers, body: JSON.stringify(body) });
}

export const linkOf = (json: Document, rel: string): Link | undefined => json.links.find((link) => link.rel === rel);
