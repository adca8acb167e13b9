import { HeaderMap } from "@apollo/server";
import type { ApolloServerPlugin } from "@apollo/server";
import { defaultFieldResolver, GraphQLError, isNonNullType } from "graphql";
import type { DocumentNode, GraphQLField, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { Extensions } from "type-graphql";
import type { Scope } from "../auth/scopes.js";
import type { Viewer } from "../auth/viewer.js";
import type { Context } from "./context.js";
import { rootFieldNames } from "./document-limits.js";

/**
 * Says beside a root field what a bearer must be allowed to do to ask for it; null: any valid token will do. A root field
 * that does not say is refused to everybody. Beside any other field: without that scope it is null (see
 * {@link guardField}), since one can be reached from roots of other scopes: the link to the bytes from a renameFile, the
 * URL of an upload from a list.
 */
export const NeedsScope = (scope: Scope | null): MethodDecorator & PropertyDecorator => Extensions({ scope });

/** What {@link NeedsScope} said of a field; undefined: nothing. */
export function scopeOf(field: { readonly extensions: Readonly<Record<string, unknown>> }): Scope | null | undefined {
  return field.extensions["scope"] as Scope | null | undefined;
}

/**
 * Holds every root field of an operation against what its bearer may do, also those in fragments and under other names.
 * @throws GraphQLError FORBIDDEN (HTTP 403 with the challenge of RFC 6750 section 3.1), naming the scope that is missing
 */
export function checkScopes(input: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  viewer: Viewer;
}): void {
  const { schema, document, operation, viewer } = input;
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  for (const name of new Set(rootFieldNames(document, operation))) {
    if (name.startsWith("__")) continue;
    const field = fields[name];
    const scope = field === undefined ? undefined : scopeOf(field);
    if (scope === null || (scope !== undefined && viewer.scopes.has(scope))) continue;
    throw forbidden(name, scope ?? null);
  }
}

/**
 * Makes a field that is no root null for bearers without its scope. Not an error: what else they asked for is theirs.
 * @throws TypeError for a field that cannot be null
 */
export function guardField(field: GraphQLField<unknown, Context>, scope: Scope): void {
  if (isNonNullType(field.type)) throw new TypeError(`${field.name} needs a scope and cannot be null`);
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) =>
    context.viewer?.scopes.has(scope) === true ? resolve(source, args, context, info) : null;
}

function forbidden(fieldName: string, scope: Scope | null): GraphQLError {
  const challenge = `Bearer error="insufficient_scope"${scope === null ? "" : `, scope="${scope}"`}`;
  const why = scope === null ? "is open to nobody" : `needs the scope ${scope}, which this token does not have`;
  return new GraphQLError(`${fieldName} ${why}.`, {
    extensions: {
      code: "FORBIDDEN",
      http: { status: 403, headers: new HeaderMap([["www-authenticate", challenge]]) },
    },
  });
}

/** Refuses operations beyond their bearer's scopes before their first resolver runs. */
export function scopeGate(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, contextValue: { viewer } }) {
          // Without a viewer nothing but introspection gets here: require-viewer.ts.
          if (operation !== undefined && viewer !== null) checkScopes({ schema, document, operation, viewer });
        },
      };
    },
  };
}
