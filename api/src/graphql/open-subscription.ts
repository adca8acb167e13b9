import {
  getOperationAST,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from "graphql";
import type {
  DocumentNode,
  ExecutionResult,
  GraphQLFormattedError,
  GraphQLSchema,
  OperationDefinitionNode,
} from "graphql";
import type { Viewer } from "../auth/viewer.js";
import type { Logger } from "../telemetry/logger.js";
import type { Context } from "./context.js";
import { documentRules, PARSE_OPTIONS } from "./document-rules.js";
import { createErrorMask } from "./format-error.js";
import { badInput, checkQueryCost } from "./query-cost.js";
import { requireViewer } from "./require-viewer.js";
import { checkScopes } from "./scope-gate.js";

/** An operation as it was sent, not looked at yet. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What a caller may see of one result. */
export interface EventResult {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Its `return` ends the subscription at once, also while a result is awaited. */
export type EventResults = AsyncGenerator<EventResult, undefined>;

/** Opens a subscription. Never rejects: what is wrong with the request is its only result. */
export type OpenSubscription = (request: SubscriptionRequest, context: Context) => Promise<EventResults>;

/**
 * Opens subscriptions under the rules of this service. Apollo Server executes none, so that its part is done here: the
 * same limits of size, depth and cost, the same introspection setting, the same masking of errors.
 * @param input.introspection true in development: also tells callers what they may have meant
 */
export function createOpenSubscription(input: {
  schema: GraphQLSchema;
  introspection: boolean;
  maxItems: number;
  log: Logger;
}): OpenSubscription {
  const { schema, introspection, maxItems } = input;
  const { formatError } = createErrorMask(input.log);
  const rules = [
    ...specifiedRules,
    ...documentRules(maxItems),
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];

  const checked = (
    request: SubscriptionRequest,
    viewer: Viewer,
  ): { document: DocumentNode } | { faults: readonly GraphQLError[] } => {
    let document: DocumentNode;
    try {
      document = parse(request.query, PARSE_OPTIONS);
    } catch (error) {
      return { faults: [coded(error as GraphQLError, "GRAPHQL_PARSE_FAILED")] };
    }
    const faults = validate(schema, document, rules);
    if (faults.length > 0) return { faults: faults.map((fault) => coded(fault, "GRAPHQL_VALIDATION_FAILED")) };
    try {
      const operation = checkOperation(getOperationAST(document, request.operationName));
      checkScopes({ schema, document, operation, viewer });
      checkQueryCost({ ...request, schema, document, maxItems });
      return { document };
    } catch (error) {
      return { faults: [error as GraphQLError] };
    }
  };

  return async (request, contextValue) => {
    const shown = (error: GraphQLError): GraphQLFormattedError => {
      const formatted = error.toJSON();
      const message = introspection ? formatted.message : formatted.message.replace(/ ?Did you mean(.+?)\?$/, "");
      const code = error.extensions["code"] ?? "INTERNAL_SERVER_ERROR";
      return formatError({ ...formatted, message, extensions: { code, requestId: contextValue.requestId } }, error);
    };
    const shownResult = ({ data, errors }: ExecutionResult): EventResult => ({
      ...(data === undefined ? {} : { data }),
      ...(errors === undefined ? {} : { errors: errors.map(shown) }),
    });

    const outcome = checked(request, requireViewer(contextValue));
    if ("faults" in outcome) return onlyResult(shownResult({ errors: outcome.faults }));
    const opened = await subscribe({
      schema,
      document: outcome.document,
      operationName: request.operationName,
      variableValues: request.variables,
      contextValue,
    });
    if (!(Symbol.asyncIterator in opened)) return onlyResult(shownResult(opened));
    return mapResults(opened, shownResult);
  };
}

function checkOperation(operation: OperationDefinitionNode | null | undefined): OperationDefinitionNode {
  if (!operation) throw badInput("operationName must name one of the document's operations.");
  if (operation.operation !== "subscription") {
    throw badInput("Only subscriptions are answered here: send queries and mutations to /graphql.");
  }
  return operation;
}

/** The same fault with a code where it has none. */
function coded(fault: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path, originalError } = fault;
  return new GraphQLError(fault.message, {
    nodes,
    source,
    positions,
    path,
    originalError,
    extensions: { code, ...fault.extensions },
  });
}

async function* onlyResult(result: EventResult): EventResults {
  yield result;
}

/** Not a generator function: its `return` would wait for the result that is being awaited. */
function mapResults(
  results: AsyncGenerator<ExecutionResult>,
  map: (result: ExecutionResult) => EventResult,
): EventResults {
  const mapped = async (step: Promise<IteratorResult<ExecutionResult, unknown>>) => {
    const { done, value } = await step;
    return done === true ? ({ done, value: undefined } as const) : { done, value: map(value) };
  };
  return {
    next: () => mapped(results.next()),
    return: () => mapped(results.return(undefined)),
    throw: (error) => mapped(results.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}
