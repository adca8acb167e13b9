import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { GraphQLFormattedError } from "graphql";
import { AppError, RETRY_AFTER_SECONDS } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import type { Logger } from "../telemetry/logger.js";
import type { Context } from "./context.js";
import { MAX_TOKENS } from "./document-rules.js";

/** What is at the bottom of an error that graphql-js and Apollo have wrapped. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/** The store, the database or this process cannot do it now; the same call may work later. */
function isNotNow(error: GraphQLError): boolean {
  const cause = rootCause(error);
  return cause instanceof StorageError || (cause instanceof AppError && cause.code.endsWith("_UNAVAILABLE"));
}

/** graphql-js stops reading there and calls it a syntax error. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens\b/;

/** Of Apollo Server's rule and of graphql-js'; both tell what this service is made of. */
const NO_INTROSPECTION = /^GraphQL introspection (?:is not allowed|has been disabled)\b/;

/** What a caller may read of an error; null when it is nobody's business but ours. */
function readable(formatted: GraphQLFormattedError, error: unknown): { code: string; message: string } | null {
  const cause = rootCause(error);
  if (cause instanceof AppError && cause.code !== "INTERNAL_SERVER_ERROR") return cause;
  if (cause instanceof StorageError) return { code: "STORAGE_UNAVAILABLE", message: "The store does not answer." };
  if (!(cause instanceof GraphQLError)) return null;
  // Apollo puts its own code over that of a validation rule.
  const code = String(cause.extensions["code"] ?? formatted.extensions?.["code"]);
  if (NO_INTROSPECTION.test(formatted.message))
    return { code, message: "Introspection is switched off here: the schema is in the documentation." };
  if (TOO_MANY_TOKENS.test(formatted.message))
    return { code: "BAD_USER_INPUT", message: `This document has more than ${MAX_TOKENS} tokens.` };
  if (code !== "INTERNAL_SERVER_ERROR") return { code, message: formatted.message };
  // A null variable for a non-null argument is found while executing and then carries no code of its own.
  return cause.message.startsWith('Argument "') ? { code: "BAD_USER_INPUT", message: cause.message } : null;
}

/** The two hooks that keep SQL, stacks, URLs and tokens inside. */
export interface ErrorMask {
  readonly plugin: ApolloServerPlugin<Context>;
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
}

/**
 * Thrown errors as callers see them: `extensions.code` and a message that is safe to show. What nobody expected becomes
 * INTERNAL_SERVER_ERROR with the request's id, and is logged once under that id. What is unavailable for a while also has
 * a Retry-After, and the status 503 when nothing at all was answered.
 */
export function createErrorMask(log: Logger): ErrorMask {
  // formatError does not learn which request it works for; the plugin, which runs before it on the same errors, does.
  const requestIds = new WeakMap<object, string>();
  return {
    plugin: {
      async requestDidStart({ contextValue: { requestId } }) {
        return {
          async didEncounterErrors({ errors }) {
            for (const error of errors) requestIds.set(error, requestId);
          },
          async willSendResponse({ errors, response: { body, http } }) {
            if (body.kind !== "single" || !errors?.some(isNotNow)) return;
            http.headers.set("retry-after", String(RETRY_AFTER_SECONDS));
            // Proxies and monitors read the status; where something was answered it stays a success.
            if (Object.values(body.singleResult.data ?? {}).every((value) => value === null)) http.status = 503;
          },
        };
      },
    },
    formatError(formatted, error) {
      const shown = readable(formatted, error);
      const place = {
        ...(formatted.locations ? { locations: formatted.locations } : {}),
        ...(formatted.path ? { path: formatted.path } : {}),
      };
      if (shown !== null) return { message: shown.message, ...place, extensions: { code: shown.code } };
      const requestId = requestIds.get(error as object) ?? formatted.extensions?.["requestId"];
      log.error({ err: rootCause(error), requestId, path: formatted.path }, "a request failed");
      const extensions = { code: "INTERNAL_SERVER_ERROR", ...(requestId === undefined ? {} : { requestId }) };
      return { message: "Something went wrong here.", ...place, extensions };
    },
  };
}
