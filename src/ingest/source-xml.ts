import { XMLParser, XMLValidator } from "fast-xml-parser";
import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { CorruptDataError } from "../core/errors.js";

/** An element of an XML document; names are without their prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Its own text, trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
});

const nodesSchema = z.array(z.record(z.string(), z.unknown()));
const attributesSchema = z.record(z.string(), z.string()).catch({});

/** The root element. @throws CorruptDataError for what isn't XML. */
export function parseXml(text: string, location: string): XmlElement {
  // The parser takes a document that was cut short for a whole one.
  const checked = XMLValidator.validate(text.replace(/^\uFEFF/, ""));
  if (checked !== true)
    throw new CorruptDataError(location, `not XML (line ${checked.err.line}: ${checked.err.msg.slice(0, 80)})`);
  try {
    const root = elementsOf(PARSER.parse(text)).find(({ name }) => name !== "?xml");
    if (root !== undefined) return root;
  } catch (cause) {
    throw new CorruptDataError(location, `not XML (${messageOf(cause).slice(0, 80)})`, { cause });
  }
  throw new CorruptDataError(location, "not XML: it has no element");
}

/** The elements that a path of names leads to, from an element's children on. */
export function findAll(element: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/** The text of the first such element; undefined where there is none or it is empty. */
export function textAt(element: XmlElement, ...path: readonly string[]): string | undefined {
  const text = findAll(element, ...path)[0]?.text;
  return text === "" ? undefined : text;
}

/** All elements of a name, however deep. */
export function descendants(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...descendants(child, name)]);
}

function elementsOf(nodes: unknown): readonly XmlElement[] {
  const parsed = nodesSchema.safeParse(nodes);
  return (parsed.data ?? []).flatMap((node) => {
    const [name] = Object.keys(node).filter((key) => key !== ":@" && key !== "#text");
    if (name === undefined) return [];
    const inner = nodesSchema.safeParse(node[name]).data ?? [];
    const texts = inner.flatMap((child) => (typeof child["#text"] === "string" ? [child["#text"]] : []));
    const attributes = attributesSchema.parse(node[":@"] ?? {});
    return [{ name, attributes, text: texts.join("").trim(), children: elementsOf(inner) }];
  });
}
