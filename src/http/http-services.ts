import type { Request, RequestHandler } from "express";
import type { Catalog } from "../catalog/types.js";
import type { HistogramMetric, Metric } from "./metrics-text.js";
import type { DescribedGroup } from "./route.js";

/** Whether the server can answer: each part with a word on its state. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts?: Readonly<Record<string, string>>;
}

/** What the HTTP shell needs; app/services.ts builds it. */
export interface HttpServices {
  readonly catalog: Catalog;
  /** URL under which clients see the app, mount path included; undefined: taken from each request. */
  readonly publicUrl?: string | undefined;
  /** Instead of the catalog's own. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Mounted beside the STAC API, before its unknown-route answer; `group` is added to the OpenAPI description. */
  readonly routers?: readonly {
    readonly path: string;
    readonly router: RequestHandler;
    readonly group?: DescribedGroup;
  }[];
  /** Mounted after everything else, so that they can't take over a path of ours. */
  readonly lateRouters?: readonly { readonly path: string; readonly router: RequestHandler }[];
  /** What a browser gets at "/": a page, or a handler that sends one. Without it, browsers get JSON too. */
  readonly landingHtml?: string | RequestHandler | undefined;
  /** Before everything but CORS: who may ask at all, and what answers may cost. */
  readonly guards?: readonly RequestHandler[];
  /** Sources of CSP's frame-ancestors; 'self'. */
  readonly frameAncestors?: readonly string[];
  /** Of a local file of the catalog, links followed; throws where that is outside. */
  readonly realPlace?: (path: string) => Promise<string>;
  /** The catalog may take `timeoutMs`. */
  readonly readiness?: (timeoutMs?: number) => Promise<Readiness>;
  readonly metrics?: () => Promise<readonly Metric[]>;
  readonly histograms?: () => readonly HistogramMetric[];
  /** Told of every failure that is the server's fault, for the log. */
  readonly onError?: (error: unknown, request: Request) => void;
}
