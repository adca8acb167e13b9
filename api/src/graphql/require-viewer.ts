import { HeaderMap } from "@apollo/server";
import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, Kind } from "graphql";
import type { OperationDefinitionNode } from "graphql";
import type { Viewer } from "../auth/viewer.js";
import { AppError } from "../errors.js";
import type { Context } from "./context.js";

const META_FIELDS: ReadonlySet<string> = new Set(["__schema", "__type", "__typename"]);

/** The one answer for a token that is missing, malformed, forged, expired or made for another service. */
export const UNAUTHENTICATED_MESSAGE = "A valid bearer token is needed: send `Authorization: Bearer TOKEN`.";

/**
 * Who asks.
 * @throws AppError UNAUTHENTICATED
 */
export function requireViewer({ viewer }: Context): Viewer {
  if (viewer === null) throw new AppError("UNAUTHENTICATED", UNAUTHENTICATED_MESSAGE);
  return viewer;
}

/** The same refusal for a whole request: HTTP 401 with the challenge that RFC 6750 section 3 asks for. */
export function unauthenticatedRequest(): GraphQLError {
  const headers = new HeaderMap([["www-authenticate", "Bearer"]]);
  return new GraphQLError(UNAUTHENTICATED_MESSAGE, {
    extensions: { code: "UNAUTHENTICATED", http: { status: 401, headers } },
  });
}

/** True when an operation asks for nothing but the schema, and asks for it plainly (no fragment at its root). */
export function isIntrospectionOnly(operation: OperationDefinitionNode): boolean {
  const { selections } = operation.selectionSet;
  return selections.every((selection) => selection.kind === Kind.FIELD && META_FIELDS.has(selection.name.value));
}

/**
 * Refuses every operation without a viewer before its first resolver runs. Where introspection is on (development), it
 * alone passes, so that the Sandbox and the explorer can load the schema before somebody pastes a token.
 */
export function viewerGate(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ contextValue, operation }) {
          if (contextValue.viewer !== null) return;
          if (operation === undefined || !isIntrospectionOnly(operation)) throw unauthenticatedRequest();
        },
      };
    },
  };
}
