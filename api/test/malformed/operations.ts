import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from "graphql";
import type { GraphQLField, GraphQLInputType, GraphQLNamedType, GraphQLSchema } from "graphql";
import type { Draw } from "./draw.js";
import { hostileNumber, hostileValue, HOSTILE_TEXTS } from "./values.js";

/** Operations made from the schema: right in their form and wrong in what they hold, or wrong in their form too. PURE. */
export interface MadeOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const MAX_DEPTH = 4;

/** @param fileIds ids of files that are there, so that operations get further than "not found" */
export function makeOperation(schema: GraphQLSchema, fileIds: readonly string[], draw: Draw): MadeOperation {
  const kind = draw.of(["query", "query", "mutation", "mutation", "mutation", "subscription"] as const);
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const type = root[kind]!;
  const variables: Record<string, unknown> = {};
  const declared: string[] = [];

  const argumentsOf = (field: GraphQLField<unknown, unknown>): string => {
    const given = field.args.filter((arg) => isNonNullType(arg.type) || draw.chance(0.5));
    if (given.length === 0) return "";
    const texts = given.map((arg) => {
      const name = `v${declared.length}`;
      const value = valueOf(arg.type, fileIds, draw);
      if (draw.chance(0.3)) return `${arg.name}: ${literalOf(value)}`;
      declared.push(`$${name}: ${String(arg.type)}`);
      variables[name] = value;
      return `${arg.name}: $${name}`;
    });
    return `(${texts.join(", ")})`;
  };

  const selectionOf = (of: GraphQLNamedType, depth: number): string => {
    if (isAbstractType(of)) {
      const members = schema.getPossibleTypes(of).filter(() => draw.chance(0.4));
      return `{ __typename ${members.map((member) => `... on ${member.name} ${selectionOf(member, depth + 1)}`).join(" ")} }`;
    }
    if (!isObjectType(of)) return "";
    const fields = Object.values(of.getFields()).filter(() => draw.chance(0.3));
    const texts = fields.flatMap((field, index) => {
      const below = getNamedType(field.type);
      const leaf = isScalarType(below) || isEnumType(below);
      if (!leaf && depth >= MAX_DEPTH) return [];
      return [`a${depth}${index}: ${field.name}${argumentsOf(field)} ${leaf ? "" : selectionOf(below, depth + 1)}`];
    });
    return `{ __typename ${texts.slice(0, 6).join(" ")} }`;
  };

  const roots = draw.times(kind === "subscription" || draw.chance(0.8) ? 1 : 3, (index) => {
    const field = draw.of(Object.values(type.getFields()));
    return `r${index}: ${field.name}${argumentsOf(field)} ${selectionOf(getNamedType(field.type), 1)}`;
  });
  const head = declared.length > 0 ? `(${declared.join(", ")})` : "";
  const query = `${kind} M${head} { ${roots.join(" ")} }`;
  return { query: draw.chance(0.35) ? broken(query, draw) : query, variables };
}

/** Something that fits the type's form, with hostile contents; now and then something that does not fit. */
function valueOf(type: GraphQLInputType, fileIds: readonly string[], draw: Draw): unknown {
  if (draw.chance(0.08)) return hostileValue(draw);
  if (isNonNullType(type)) return valueOf(type.ofType, fileIds, draw);
  if (draw.chance(0.05)) return null;
  if (isListType(type)) return draw.times(draw.of([0, 1, 2, 3, 100, 101]), () => valueOf(type.ofType, fileIds, draw));
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) || draw.chance(0.5));
    const entries = fields.map((field): [string, unknown] => [field.name, valueOf(field.type, fileIds, draw)]);
    if (draw.chance(0.05)) entries.push([draw.of(["status", "ownerId", "etag", "__proto__"]), hostileValue(draw)]);
    return Object.fromEntries(entries);
  }
  if (isEnumType(type)) return draw.chance(0.9) ? draw.of(type.getValues()).name : draw.of(HOSTILE_TEXTS);
  switch (type.name) {
    case "Int":
    case "Float":
    case "ByteCount":
      return draw.chance(0.4) ? draw.below(200) : hostileNumber(draw);
    case "Boolean":
      return draw.chance(0.5);
    case "Sha256":
      return draw.chance(0.5) ? "0".repeat(64) : draw.of(HOSTILE_TEXTS);
    case "DateTime":
      return draw.chance(0.4) ? "2026-01-01T00:00:00Z" : draw.of(HOSTILE_TEXTS);
    default:
      return draw.chance(0.4) && fileIds.length > 0 ? draw.of(fileIds) : draw.of(HOSTILE_TEXTS);
  }
}

/** As GraphQL would write it; names of fields that are none stay as they are. */
function literalOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, below]) => `${name}: ${literalOf(below)}`)
      .join(", ")}}`;
  if (typeof value === "string" && /^[A-Z][A-Z_]+$/.test(value)) return value;
  return JSON.stringify(value) ?? "null";
}

const SPLINTERS = [
  "{",
  "}",
  "(",
  ")",
  "...",
  "$",
  "@",
  "!",
  '"',
  '"""',
  "\\u0000",
  "\0",
  "\ud800",
  "#",
  "&",
  "|",
  "=",
  ":",
  "1e999",
  "-",
  "0x1",
  "\ufeff",
  "fragment F on F { ...F }",
  "@skip(if: 1)",
  "@include",
  "on",
  "é",
];

/** The text with some of it gone, doubled, swapped or replaced. */
function broken(text: string, draw: Draw): string {
  let made = text;
  for (let round = draw.below(3); round >= 0; round -= 1) {
    const at = draw.below(made.length + 1);
    const to = at + draw.below(12);
    made = draw.of([
      () => made.slice(0, at) + made.slice(to),
      () => made.slice(0, at) + draw.of(SPLINTERS) + made.slice(at),
      () => made.slice(0, to) + made.slice(at),
      () => made.slice(0, at),
    ])();
  }
  return made;
}
