import { HeaderMap } from "@apollo/server";
import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import { AppError, RETRY_AFTER_SECONDS } from "../errors.js";
import type { Context } from "./context.js";
import { rootFieldNames } from "./document-limits.js";

/** Takes an operation's points from whoever sends it. @throws AppError RATE_LIMITED */
export type Charge = (context: Context, rootFields: number) => Promise<void>;

/** Counts the root fields of each operation before its first resolver runs; too many: HTTP 429 with Retry-After. */
export function rateGate(charge: Charge): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ contextValue, document, operation }) {
          if (operation === undefined) return;
          try {
            await charge(contextValue, rootFieldNames(document, operation).length);
          } catch (error) {
            if (error instanceof AppError && error.code === "RATE_LIMITED") throw tooManyRequests(error);
            throw error;
          }
        },
      };
    },
  };
}

function tooManyRequests({ message, retryAfterSeconds }: AppError): GraphQLError {
  const headers = new HeaderMap([["retry-after", String(retryAfterSeconds ?? RETRY_AFTER_SECONDS)]]);
  return new GraphQLError(message, { extensions: { code: "RATE_LIMITED", http: { status: 429, headers } } });
}
