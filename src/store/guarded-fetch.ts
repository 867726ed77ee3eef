import { lookup as resolveName, type LookupAddress, type LookupOptions } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { UpstreamError, type AppError } from "../core/errors.js";
import { isPublicAddress, reachOf, type HostRules } from "./host-rules.js";

/** A fetch for HttpSource that goes nowhere but where the rules say. */
export type GuardedFetch = (url: URL, init: RequestInit) => Promise<Response>;

/** What is said of an address that is refused. */
export interface Refusals {
  readonly host: (host: string) => AppError;
  readonly privateAddress: (host: string) => AppError;
}

const OF_FILES: Refusals = {
  host: (host) =>
    new UpstreamError(`Host ${host} isn't one that files may lie on; wanted one of the setting remoteHosts`),
  privateAddress: (host) =>
    new UpstreamError(
      `Host ${host} leads to a private address; wanted a public one, or the host in the setting privateHosts`,
    ),
};

/**
 * Checks the host against the rules, and the address when its name is resolved for the connection, so that a name that leads elsewhere the
 * next time gains nothing. Redirects are not followed: who does, asks here again. Bodies come as they were sent, whatever they say that
 * they are encoded with.
 *
 * What it throws for a host or address that is refused is an UpstreamError unless told otherwise.
 */
export function createGuardedFetch(rules: HostRules, refusals: Refusals = OF_FILES): GuardedFetch {
  const agents = { public: agentsWith(publicLookup(refusals)), any: agentsWith(undefined) };
  return async (url, { headers, signal }) => {
    const reach = reachOf(url, rules);
    const address = url.hostname.replace(/^\[|\]$/g, "");
    if (reach === "none") throw refusals.host(url.host);
    if (reach === "public" && isIP(address) !== 0 && !isPublicAddress(address))
      throw refusals.privateAddress(url.hostname);
    const secure = url.protocol === "https:";
    const agent = agents[reach][secure ? "https" : "http"];
    const make = secure ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const options = { agent, headers: Object.fromEntries(new Headers(headers)), ...(signal ? { signal } : {}) };
      const request = make(url, options, (answer) => resolve(toResponse(answer)));
      request.once("error", reject);
      request.end();
    });
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function agentsWith(lookup: LookupFunction | undefined): Agents {
  const options = { keepAlive: true, maxSockets: 32, timeout: 60_000, ...(lookup === undefined ? {} : { lookup }) };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

/** The system's, refusing a name any of whose addresses is private. */
const publicLookup =
  ({ privateAddress }: Refusals): LookupFunction =>
  (hostname, options: LookupOptions, done) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return done(error, "", 0);
      if (addresses.some(({ address }) => !isPublicAddress(address))) return done(privateAddress(hostname), "", 0);
      const [first] = addresses;
      if (options.all === true) return done(null, addresses);
      done(null, first?.address ?? "", first?.family ?? 0);
    });
  };

function toResponse(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headersDistinct))
    for (const one of value ?? []) headers.append(name, one);
  const status = answer.statusCode ?? 500;
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) answer.resume();
  const body = isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(body, { status: status < 200 ? 500 : status, headers });
}
