import { z } from "zod";
import {
  definePlugin,
  InvalidRequestError,
  openHttpSource,
  UnsupportedError,
  type ByteSource,
  type HttpSourceOptions,
  type Plugin,
} from "../src/plugin.js";

const optionsSchema = z.strictObject({
  /** Of the service, such as a MinIO's; Amazon's own without it. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().default("us-east-1"),
  /** "path": ENDPOINT/BUCKET/KEY, "host": BUCKET.ENDPOINT/KEY; "path" with an endpoint of your own, else "host". */
  addressing: z.enum(["path", "host"]).optional(),
  /** Requests are signed (AWS Signature 4) with these, and anonymous without. Needs the package aws4fetch. */
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
  sessionToken: z.string().optional(),
  /** Instead of signing: a query that the service or gateway wants with each request. */
  query: z.record(z.string(), z.string()).default({}),
  /** The requester pays: x-amz-request-payer. */
  requesterPays: z.boolean().default(false),
  timeoutMs: z.int().min(1).default(30_000),
});

type Options = z.infer<typeof optionsSchema>;

/** Objects of S3 and what speaks its language, as `s3://BUCKET/KEY`: for files of items, and for inputs of encode and ingest. */
export default function s3Store(options: z.input<typeof optionsSchema> = {}): Plugin {
  const settings = optionsSchema.parse(options);
  let signer: ReturnType<typeof createSigner> | undefined;
  return definePlugin({
    name: "s3-store",
    stores: {
      async s3(location): Promise<ByteSource> {
        const url = objectUrl(location, settings);
        const sign = await (signer ??= createSigner(settings));
        const headers: Record<string, string> = settings.requesterPays ? { "x-amz-request-payer": "requester" } : {};
        return openHttpSource(url, {
          headers,
          timeoutMs: settings.timeoutMs,
          // Credentials are for the service alone, not for where it may redirect to.
          ...(sign && { fetch: (to, init) => (to.host === url.host ? sign(to, init) : fetch(to, init)) }),
        });
      },
    },
  });
}

function objectUrl(location: string, { endpoint, region, addressing, query }: Options): URL {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/i.exec(location) ?? [];
  if (bucket === undefined || key === undefined)
    throw new InvalidRequestError(`Location is "${location.slice(0, 80)}"; wanted s3://BUCKET/KEY`);
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const byHost = (addressing ?? (endpoint === undefined ? "host" : "path")) === "host";
  if (byHost) base.host = `${bucket}.${base.host}`;
  const path = [...(byHost ? [] : [bucket]), ...key.split("/")].map(encodeSegment).join("/");
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/${path}`;
  for (const [name, value] of Object.entries(query)) base.searchParams.set(name, value);
  return base;
}

/** As Signature 4 wants it: everything but the unreserved characters, in upper case; dots alone would be taken for folders. */
function encodeSegment(segment: string): string {
  if (/^\.{1,2}$/.test(segment)) throw new InvalidRequestError(`Key has the part "${segment}"; wanted names`);
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Undefined where requests go unsigned. */
async function createSigner(options: Options): Promise<HttpSourceOptions["fetch"]> {
  const { accessKeyId, secretAccessKey, sessionToken, region } = options;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? "accessKeyId" : "secretAccessKey";
    throw new InvalidRequestError(`Plugin s3-store has no ${missing}; wanted both keys, or neither`);
  }
  const { AwsClient } = await importSigner();
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const client = new AwsClient({ ...credentials, region, service: "s3", retries: 0 });
  // Each attempt is signed anew, since signatures end after minutes; only what no proxy on the way changes is signed.
  return async (url, init) => {
    const given = new Headers(init.headers);
    const own = Object.fromEntries([...given].filter(([name]) => name.startsWith("x-amz-")));
    const signed = await client.sign(url.href, { method: "GET", headers: own });
    for (const [name, value] of signed.headers) given.set(name, value);
    return fetch(url, { ...init, headers: given });
  };
}

async function importSigner(): Promise<typeof import("aws4fetch")> {
  try {
    return await import("aws4fetch");
  } catch (cause) {
    throw new UnsupportedError(
      `Plugin s3-store needs the package aws4fetch for signed requests; install it with "npm install aws4fetch"`,
      { cause },
    );
  }
}
