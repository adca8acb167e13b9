import { GraphQLError } from "graphql";
import type { GraphQLFieldResolver, GraphQLSchema } from "graphql";
import { AppError, PROBLEMS } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";

/** Told of each root field: its name in the schema, how it ended (OK or a code of errors.ts) and how long it took. */
export type OnField = (facts: { field: string; outcome: string; seconds: number }) => void;

/**
 * Tells of every root field of a schema as it is resolved; a batch is told once an item. A subscription is told of when it
 * is opened, its events are not. Changes the schema.
 */
export function observeRootFields(schema: GraphQLSchema, onField: OnField): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (type === schema.getSubscriptionType()) field.subscribe = observed(field.name, field.subscribe, onField);
      else field.resolve = observed(field.name, field.resolve, onField);
    }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

function observed(field: string, resolve: Resolver | undefined, onField: OnField): Resolver | undefined {
  if (resolve === undefined) return undefined;
  return async (...args) => {
    const begunAt = performance.now();
    const tell = (outcome: string): void => onField({ field, outcome, seconds: (performance.now() - begunAt) / 1000 });
    try {
      const value: unknown = await resolve(...args);
      for (const item of Array.isArray(value) && value.length > 0 ? (value as unknown[]) : [value])
        tell(outcomeOf(item));
      return value;
    } catch (error) {
      tell(codeOf(error));
      throw error;
    }
  };
}

function outcomeOf(value: unknown): string {
  const { code, typeName } = (value ?? {}) as { code?: unknown; typeName?: unknown };
  return typeof typeName === "string" && typeof code === "string" && Object.hasOwn(PROBLEMS, code) ? code : "OK";
}

/** Bounded, whatever was thrown. */
function codeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  if (error instanceof StorageError) return "STORAGE_UNAVAILABLE";
  return error instanceof GraphQLError ? "BAD_USER_INPUT" : "INTERNAL_SERVER_ERROR";
}
