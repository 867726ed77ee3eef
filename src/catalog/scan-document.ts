import { createReadStream } from "node:fs";
import { z } from "zod";
import { createSlices } from "../core/slices.js";
import { isLink, type StacLink } from "./collection.js";
import type { StacJson } from "./types.js";

/** A million links are 300 MB of JSON, which JSON.parse takes seconds for, at once. */
const PIECE_BYTES = 2 ** 18;

/**
 * Goes through a collection's document in slices: gives each link to an item to `onItem` and returns the rest, without them. Undefined where the
 * document isn't there or isn't JSON, or is written in a way that this doesn't follow (`links` twice, or of what isn't objects): parse it whole then,
 * and forget what `onItem` was told.
 */
export async function scanDocument(
  path: string,
  onItem: (link: StacLink) => void,
  pieceBytes = PIECE_BYTES,
): Promise<StacJson | undefined> {
  const scanner = new LinkScanner();
  const slices = createSlices();
  const others: unknown[] = [];
  let count = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) {
      const bytes = z.instanceof(Buffer).parse(piece);
      for (const text of scanner.elements(bytes)) {
        const link: unknown = JSON.parse(text);
        if (isLink(link) && link.rel === "item") onItem(link);
        else others.push(link);
        if (++count % 64 === 0 && slices.isOver()) await slices.pause();
      }
    }
    const rest = z.record(z.string(), z.unknown()).parse(JSON.parse(scanner.rest()));
    return scanner.hasLinks ? { ...rest, links: others } : rest;
  } catch {
    return undefined;
  }
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Where the scanner is: outside `links`, in one of its elements, or behind its bracket, a comma or an element. */
type Place = "outside" | "element" | "bracket" | "comma" | "behind";

/** Cuts the elements of the outermost object's array `links` out of JSON that comes in pieces. Whether it is JSON the parser tells. */
class LinkScanner {
  hasLinks = false;
  private depth = 0;
  private place: Place = "outside";
  private isInString = false;
  private isEscaped = false;
  /** In the outermost object: the last string as it is written, and the one before the last colon. */
  private text = "";
  private name = "";
  private readonly kept: Buffer[] = [];
  private element: Buffer[] = [];

  /** @throws Error where it doesn't follow. */
  *elements(bytes: Buffer): Generator<string> {
    // Where begins what hasn't been kept or given away yet.
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (this.isInString) {
        at = this.skipString(bytes, at);
        continue;
      }
      const byte = bytes[at] ?? 0;
      if (this.place !== "outside" && this.place !== "element") {
        if (isSpace(byte)) continue;
        this.place = placeAfter(this.place, byte);
        from = at;
      }
      if (byte === QUOTE) {
        this.isInString = true;
        this.text = "";
      } else if (byte === COLON && this.depth === 1) {
        if (this.text.includes("\\")) throw new Error("an escaped name");
        this.name = this.text;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.depth++;
        if (byte !== OPEN_BRACKET || this.depth !== 2 || this.name !== "links") continue;
        if (this.hasLinks) throw new Error("links twice");
        this.hasLinks = true;
        this.place = "bracket";
        this.kept.push(Buffer.from(bytes.subarray(from, at + 1)));
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        this.depth--;
        if (this.place !== "element" || this.depth !== 2) continue;
        const whole = bytes.subarray(from, at + 1);
        yield (this.element.length === 0 ? whole : Buffer.concat([...this.element, whole])).toString();
        this.element = [];
        this.place = "behind";
      }
    }
    if (this.place === "outside") this.kept.push(Buffer.from(bytes.subarray(from)));
    else if (this.place === "element") this.element.push(Buffer.from(bytes.subarray(from)));
  }

  /** The document with an empty array. */
  rest(): string {
    return Buffer.concat(this.kept).toString();
  }

  /** Where the string ends that goes on at `from`, or the piece. */
  private skipString(bytes: Buffer, from: number): number {
    let at = from;
    let isEscaped = this.isEscaped;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        this.isInString = false;
        break;
      }
    }
    this.isEscaped = isEscaped;
    if (this.depth === 1) this.text += bytes.toString("latin1", from, at);
    return at;
  }
}

/** @throws Error where another byte is wanted. */
function placeAfter(place: "bracket" | "comma" | "behind", byte: number): Place {
  if (byte === OPEN_BRACE && place !== "behind") return "element";
  if (byte === COMMA && place === "behind") return "comma";
  if (byte === CLOSE_BRACKET && place !== "comma") return "outside";
  throw new Error("links that aren't objects");
}
