import { isObjectType } from "graphql";
import type { GraphQLFieldResolver, GraphQLSchema } from "graphql";
import type { Context } from "./context.js";

/**
 * Resolves a field of a built schema by a plain call. TypeGraphQL answers a promise for every field that has arguments,
 * whatever its method does, and with it every row of a list goes through the microtask queue once a field: of a page of a
 * hundred files that is a tenth of its price (docs/decisions/019-list-path.md). Its arguments still pass GraphQL's own
 * types; for fields whose arguments are scalars or enums nothing else of TypeGraphQL's is left out.
 * @throws TypeError when there is no such field
 */
export function resolveDirectly<Source, Args>(
  schema: GraphQLSchema,
  [typeName, fieldName]: readonly [string, string],
  resolve: (source: Source, args: Args) => unknown,
): void {
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  if (field === undefined) throw new TypeError(`there is no field ${typeName}.${fieldName}`);
  field.resolve = resolve as GraphQLFieldResolver<unknown, Context>;
}
