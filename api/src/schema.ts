import "reflect-metadata";
import { isObjectType } from "graphql";
import type { GraphQLObjectType, GraphQLSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { ApiKeyResolver } from "./api-keys/api-key.resolver.js";
import { FileChangeResolver } from "./files/file-change.resolver.js";
import type { WatchRequest } from "./files/file-change.resolver.js";
import { FileHistoryResolver } from "./files/file-history.resolver.js";
import { FileConnectionResolver, FileFieldsResolver, FileResolver } from "./files/file.resolver.js";
import type { Disposition } from "./files/download-url.js";
import type { FileRow } from "./files/file.js";
import type { Context } from "./graphql/context.js";
import { resolveDirectly } from "./graphql/direct-field.js";
import { guardField, scopeOf } from "./graphql/scope-gate.js";
import { FileUploadResolver, UploadResolver, UploadTicketResolver } from "./uploads/upload.resolver.js";
import { ViewerResolver } from "./usage/viewer.resolver.js";

const RESOLVERS = [
  FileResolver,
  FileFieldsResolver,
  FileConnectionResolver,
  FileHistoryResolver,
  FileChangeResolver,
  UploadResolver,
  FileUploadResolver,
  UploadTicketResolver,
  ViewerResolver,
  ApiKeyResolver,
] as const;

/** One ready instance of each resolver class, in any order. */
export type SchemaResolver = InstanceType<(typeof RESOLVERS)[number]>;

/**
 * The schema, as its decorators describe it.
 * @param instances what answers: one of each class, or none at all, which is enough to print the schema
 * @throws TypeError when some are there and others forgotten
 */
export function createSchema(instances: readonly SchemaResolver[]): GraphQLSchema {
  const container = new Map<unknown, object>(instances.map((instance) => [instance.constructor, instance]));
  const forgotten = RESOLVERS.filter((resolver) => !container.has(resolver)).map((resolver) => resolver.name);
  if (instances.length > 0 && forgotten.length > 0) throw new TypeError(`no instance of ${forgotten.join(", ")}`);
  const instanceOf = (resolver: unknown): object => {
    const instance = container.get(resolver);
    if (instance === undefined) throw new TypeError("a schema without resolvers can be printed, but not executed");
    return instance;
  };
  const schema = buildSchemaSync({
    resolvers: [...RESOLVERS],
    container: { get: instanceOf },
    // TypeGraphQL's way to the source of a subscription. There is one source; changes come from the database alone.
    pubSub: {
      subscribe: (_topic, request) =>
        (instanceOf(FileChangeResolver) as FileChangeResolver).watch(request as WatchRequest),
      publish() {
        throw new TypeError("changes are published by the database");
      },
    },
    // Types and scalars check every input; the use cases check what a type cannot say. No class-validator.
    validate: false,
  });
  // TypeGraphQL has no option for these.
  const { Query: query, Mutation: mutation, Subscription: subscription } = schema.getTypeMap();
  if (query) query.description = "Reads. Everything is about the caller: nobody sees other people's files.";
  if (mutation) mutation.description = "Writes. Expected failures are data: select `... on Problem { code message }`.";
  if (subscription)
    subscription.description = "Events. Server-sent, at /graphql/stream with a bearer token; ended when that expires.";
  const fileFields = container.get(FileFieldsResolver) as FileFieldsResolver | undefined;
  if (fileFields !== undefined)
    resolveDirectly(schema, ["File", "url"], (file: FileRow, { disposition }: { disposition: Disposition }) =>
      fileFields.url(file, disposition),
    );
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    if (type === query || type === mutation || type === subscription) tellScopes(type);
    else guardFields(type);
  }
  return schema;
}

/** Written from what the gate reads, so that the two cannot disagree. */
function tellScopes(root: GraphQLObjectType): void {
  for (const field of Object.values(root.getFields())) {
    const scope = scopeOf(field);
    if (scope) field.description = `${field.description ?? ""} Needs the scope ${scope}.`;
  }
}

function guardFields(type: GraphQLObjectType<unknown, Context>): void {
  for (const field of Object.values(type.getFields())) {
    const scope = scopeOf(field);
    if (!scope) continue;
    field.description = `${field.description ?? ""} Null without the scope ${scope}.`;
    guardField(field, scope);
  }
}
