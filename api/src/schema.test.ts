import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  buildClientSchema,
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  getNamedType,
  introspectionFromSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  lexicographicSortSchema,
  parse,
  printSchema,
  validate,
  validateSchema,
} from "graphql";
import type {
  DangerousChange,
  GraphQLInterfaceType,
  GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
} from "graphql";
import { createSchema } from "./schema.js";

/** What was released last; the committed schema.graphql may only be ahead of it. */
const released = buildSchema(readFileSync(new URL("../../src/released.graphql", import.meta.url), "utf8"));
const current = createSchema([]);

/** Every described thing of a schema by its coordinate, e.g. `File.url(disposition:)`. */
function descriptions(schema: GraphQLSchema): Map<string, string> {
  const found = new Map<string, string>();
  const note = (coordinate: string, description: string | null | undefined): void => {
    found.set(coordinate, description ?? "");
  };
  for (const type of ownTypes(schema)) {
    note(type.name, type.description);
    if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value.description);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field.description);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        note(`${type.name}.${field.name}`, field.description);
        for (const arg of field.args) note(`${type.name}.${field.name}(${arg.name}:)`, arg.description);
      }
    }
  }
  return found;
}

function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
}

/** One line a fact: kinds, nullability, defaults, members, interfaces; descriptions left out. */
function factsOf(schema: GraphQLSchema): Set<string> {
  const facts = new Set<string>();
  let owner = "";
  const bare = buildClientSchema(introspectionFromSchema(lexicographicSortSchema(schema), { descriptions: false }));
  for (const line of printSchema(bare).split("\n")) {
    const fact = line.trim();
    if (fact === "" || fact === "}" || fact === ")") continue;
    if (!line.startsWith(" ")) owner = fact;
    // Each member by itself: a union may grow by a Problem.
    const union = /^(union \w+) = (.+)$/.exec(fact);
    if (union !== null) for (const member of union[2]!.split(" | ")) facts.add(`${union[1]} has ${member}`);
    else facts.add(line.startsWith(" ") ? `${owner} ${fact}` : fact);
  }
  return facts;
}

/** Every field of a type, and of the types of its fields, three levels down. */
function everyField(type: GraphQLObjectType | GraphQLInterfaceType, levels = 3): string {
  const fields = Object.values(type.getFields()).map((field) => {
    const inner = getNamedType(field.type);
    if (!isObjectType(inner) && !isInterfaceType(inner)) return field.name;
    return levels === 0 ? "" : `${field.name} { ${everyField(inner, levels - 1)} __typename }`;
  });
  return fields.join(" ");
}

const isProblem = (name: string): boolean => {
  const type = current.getType(name);
  return isObjectType(type) && type.getInterfaces().some((one) => one.name === "Problem");
};

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

describe("the schema", () => {
  test("is valid", () => {
    expect(validateSchema(current)).toEqual([]);
  });

  test("describes every type, field, argument, input field and enum value", () => {
    const missing = [...descriptions(current)].filter(([, text]) => text.trim().length < 3).map(([name]) => name);
    expect(missing).toEqual([]);
  });

  test("breaks nobody who uses the released one", () => {
    expect(findBreakingChanges(released, current)).toEqual([]);
    // Clients keep a default branch for enums, and end every selection with `... on Problem`: docs/upload-protocol.md.
    const isForeseen = ({ type, description }: DangerousChange): boolean =>
      (type === DangerousChangeType.VALUE_ADDED_TO_ENUM &&
        /to enum type (ProblemCode|FileStatus|FileEventReason)\b/.test(description)) ||
      (type === DangerousChangeType.TYPE_ADDED_TO_UNION && isProblem(/^(\w+) was added/.exec(description)![1]!));
    expect(findDangerousChanges(released, current).filter((change) => !isForeseen(change))).toEqual([]);
  });

  test("has every released kind, field, argument, nullability, default, member and interface", () => {
    const facts = factsOf(current);
    expect([...factsOf(released)].filter((fact) => !facts.has(fact))).toEqual([]);
  });

  test("keeps what the released descriptions promise", () => {
    const said = descriptions(current);
    const lost = [...descriptions(released)]
      .filter(([name, text]) => !oneLine(said.get(name) ?? "").includes(oneLine(text)))
      .map(([name, text]) => `${name}: ${text}`);
    expect(lost).toEqual([]);
  });

  test("says where its scalars are specified", () => {
    const urls = ["DateTime", "URL"].map((name) => {
      const type = current.getType(name);
      return type !== undefined && "specifiedByURL" in type ? type.specifiedByURL : null;
    });
    expect(urls).toEqual([
      "https://scalars.graphql.org/andimarek/date-time.html",
      "https://www.rfc-editor.org/rfc/rfc3986",
    ]);
  });

  test("lets a client select every field of every member of every union at once", () => {
    const unions = Object.values(current.getTypeMap()).filter(isUnionType);
    expect(unions.length).toBe(9);
    const roots = Object.values(current.getMutationType()!.getFields());
    for (const root of roots) {
      const union = getNamedType(root.type);
      if (!isUnionType(union)) throw new Error(`${root.name} answers no union`);
      const members = union.getTypes().map((member) => `... on ${member.name} { ${everyField(member)} }`);
      const args = root.args.map((arg) => ({
        declared: `$${arg.name}: ${String(arg.type)}`,
        given: `${arg.name}: $${arg.name}`,
      }));
      const document = parse(
        `mutation (${args.map((arg) => arg.declared).join(", ")}) {
           ${root.name}(${args.map((arg) => arg.given).join(", ")}) { ${members.join(" ")} ... on Problem { code message } } }`,
      );
      expect(validate(current, document)).toEqual([]);
    }
  });

  test("is not built with some of its resolvers forgotten", async () => {
    const { ViewerResolver } = await import("./usage/viewer.resolver.js");
    const usage = { read: async () => ({ usedBytes: 0, trashBytes: 0, reservedBytes: 0 }) };
    expect(() => createSchema([new ViewerResolver({ usage, quotaBytes: 1 })])).toThrow(/FileResolver/);
  });
});
