import { XMLParser, XMLValidator } from "fast-xml-parser";
import { S3Error } from "./errors.js";

/** One element of a request document: S3's documents use no attributes. */
export interface XmlElement {
  name: string;
  /** Own character data, entities resolved, not trimmed. */
  text: string;
  children: XmlElement[];
}

/** What `renderXml` writes: text, a number, a nested object, or a list that repeats its element. */
export type XmlContent = string | number | boolean | undefined | XmlTree | XmlContent[];
/** Child elements by name, in the order of insertion. */
export interface XmlTree {
  [name: string]: XmlContent;
}

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  maxNestedTags: 20,
  // The five entities of XML itself: a Complete of 10,000 parts holds two &quot; in each ETag.
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY, maxExpandedLength: 16 * 2 ** 20 },
});

/**
 * Parses a request body whose root must be `root`.
 * @throws S3Error `MalformedXML` when it is not well-formed, holds a DTD, nests too deeply or has another root
 */
export function parseXml(text: string, root: string): XmlElement {
  // No document type is ever needed; refusing it rules out entity tricks before any parser sees them.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new S3Error("MalformedXML");
  let nodes: unknown;
  try {
    if (XMLValidator.validate(text) !== true) throw new S3Error("MalformedXML");
    nodes = parser.parse(text);
  } catch {
    throw new S3Error("MalformedXML");
  }
  const elements = toElements(nodes).children;
  const [first] = elements;
  if (elements.length !== 1 || first?.name !== root) throw new S3Error("MalformedXML");
  return first;
}

function toElements(nodes: unknown): { text: string; children: XmlElement[] } {
  const children: XmlElement[] = [];
  let text = "";
  for (const node of Array.isArray(nodes) ? (nodes as Record<string, unknown>[]) : []) {
    for (const [name, value] of Object.entries(node)) {
      if (name === "#text") text += String(value);
      else if (name !== ":@") children.push({ name, ...toElements(value) });
    }
  }
  return { text, children };
}

/** The children of `element` called `name`. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The trimmed text of the only child called `name`, or undefined when there is none. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text.trim();
}

/** Escapes character data; what XML 1.0 cannot hold at all becomes a numeric reference, as S3 does without encoding-type. */
export function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  return text.replace(/[&<>"\u0000-\u0008\u000b-\u001f\u007f]|\r/g, (character) => {
    switch (character) {
      case "&":
        return "&amp;";
      case "<":
        return "&lt;";
      case ">":
        return "&gt;";
      case '"':
        return "&quot;";
      default:
        return `&#x${character.charCodeAt(0).toString(16)};`;
    }
  });
}

/** Renders a whole response document; `namespaced: false` is for `<Error>`, which S3 sends without a namespace. */
export function renderXml(root: string, content: XmlContent, options: { namespaced?: boolean } = {}): string {
  const namespace = (options.namespaced ?? true) ? ` xmlns="${NAMESPACE}"` : "";
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${renderContent(content)}</${root}>`;
}

/** Renders a parsed element back, without namespaces, attributes or comments. */
export function toTree(element: XmlElement): XmlContent {
  if (element.children.length === 0) return element.text.trim();
  const tree: Record<string, XmlContent[]> = Object.create(null) as Record<string, XmlContent[]>;
  for (const child of element.children) (tree[child.name] ??= []).push(toTree(child));
  return tree;
}

function renderContent(content: XmlContent): string {
  if (content === undefined) return "";
  if (Array.isArray(content)) return content.map(renderContent).join("");
  if (typeof content !== "object") return escapeXml(String(content));
  return Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => element(name, one)).join(""))
    .join("");
}

function element(name: string, content: XmlContent): string {
  return `<${name}>${renderContent(content)}</${name}>`;
}
