import { createHash } from "node:crypto";
import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";
import type { SortKey, SortValue } from "./sort-order.js";

/** Where a page ends: the place of its last item in the order, so that items which come or go move nothing. */
export interface Place {
  readonly values: readonly SortValue[];
  readonly datetimeMs: number;
  readonly collection: string;
  readonly id: string;
}

const schema = z.tuple([
  z.string(),
  z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
  z.number(),
  z.string(),
  z.string(),
]);
const CHECK_CHARACTERS = 12;

export function encodePlace({ values, datetimeMs, collection, id }: Place, order: readonly SortKey[]): string {
  const text = Buffer.from(JSON.stringify([spelled(order), values, datetimeMs, collection, id])).toString("base64url");
  return checkOf(text) + text;
}

/** @throws InvalidRequestError for a token that was altered, is none of ours, or is of another order. */
export function decodePlace(token: string, order: readonly SortKey[]): Place {
  const text = token.slice(CHECK_CHARACTERS);
  if (checkOf(text) !== token.slice(0, CHECK_CHARACTERS))
    throw new InvalidRequestError(`token is "${token.slice(0, 40)}"; wanted one from a page's next link, unaltered`);
  const [sorted, values, datetimeMs, collection, id] = schema.parse(
    JSON.parse(Buffer.from(text, "base64url").toString()),
  );
  if (sorted !== spelled(order))
    throw new InvalidRequestError(
      `token is of a search sorted by "${sorted || "-datetime"}", this one is by "${spelled(order) || "-datetime"}"; wanted the same`,
    );
  return { values, datetimeMs, collection, id };
}

const spelled = (order: readonly SortKey[]): string =>
  order.map(({ property, descending }) => (descending ? "-" : "+") + property).join(",");

/** Tells altered tokens apart; no secret, since a token opens nothing that a search doesn't. */
const checkOf = (text: string): string =>
  createHash("sha256").update(`tectile page ${text}`).digest("base64url").slice(0, CHECK_CHARACTERS);
