import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginUsageReportingDisabled } from "@apollo/server/plugin/disabled";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "../telemetry/logger.js";
import type { Context } from "./context.js";
import { documentRules, PARSE_OPTIONS } from "./document-rules.js";
import { createDocumentStore } from "./document-store.js";
import { createErrorMask } from "./format-error.js";
import { queryCostGate } from "./query-cost.js";
import { rateGate } from "./rate-gate.js";
import type { Charge } from "./rate-gate.js";
import { viewerGate } from "./require-viewer.js";
import { scopeGate } from "./scope-gate.js";
import { subscriptionGate } from "./subscription-gate.js";

/**
 * Apollo Server with the limits of this service; http/graphql-routes.ts gives it requests.
 * @param input.introspection true in development: also tells callers what they may have meant
 * @param input.maxItems items that one list or one batch can have at most
 * @param input.charge takes the points of each operation
 */
export function createApolloServer(input: {
  schema: GraphQLSchema;
  introspection: boolean;
  maxItems: number;
  charge: Charge;
  log: Logger;
}): ApolloServer<Context> {
  const { schema, introspection, maxItems, charge, log } = input;
  const mask = createErrorMask(log);
  return new ApolloServer<Context>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    formatError: mask.formatError,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // Documents are small and cached by their text; a store of queries that anybody may fill is not needed.
    persistedQueries: false,
    documentStore: createDocumentStore(),
    // Not maxRecursiveSelections: it defers our rules until all others have run, and ours bound what it bounds.
    parseOptions: PARSE_OPTIONS,
    validationRules: [...documentRules(maxItems)],
    stopOnTerminationSignals: false,
    logger: {
      debug: (message) => log.debug(message),
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
      error: (message) => log.error(message),
    },
    plugins: [
      mask.plugin,
      viewerGate(),
      scopeGate(),
      subscriptionGate(),
      queryCostGate(maxItems),
      rateGate(charge),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
