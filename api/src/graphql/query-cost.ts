import type { ApolloServerPlugin } from "@apollo/server";
import {
  getNamedType,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  isObjectType,
  isUnionType,
  Kind,
} from "graphql";
import type { DocumentNode, FragmentDefinitionNode, GraphQLSchema, SelectionSetNode } from "graphql";
// Its ESM build loads a second graphql, and every request then fails with "another module or realm".
import queryComplexity from "graphql-query-complexity/cjs";
import type { ComplexityEstimator, ComplexityEstimatorArgs } from "graphql-query-complexity/cjs";
import type { Context } from "./context.js";
import { variablesFault } from "./document-limits.js";

/**
 * What an operation may cost. A field costs 1; a list costs its items times their fields. So a page of 100 files with all
 * cheap fields passes, and a page of 100 listings of the store does not.
 */
export const MAX_QUERY_COST = 5_000;

/** One ListParts at the store, whichever of its fields are selected. */
const LISTING_COST = 50;
const LISTING_FIELDS: ReadonlySet<string> = new Set(["receivedParts", "storedParts"]);
/** Counts up to 10,001 index entries. */
const TOTAL_COUNT_COST = 20;
const TOTAL_COUNT_FIELDS: ReadonlySet<string> = new Set(["totalCount"]);

/** Cost of one item of a field before its selection; 1 where nothing is said. */
const ITEM_COSTS: Readonly<Record<string, number>> = {
  // Once a list, whatever its length; totalCount is priced at `files`.
  "FileConnection.pageInfo": 0,
  "FileConnection.totalCount": 0,
  "File.url": 2,
  "File.upload": 5,
  "Mutation.createUploadUrl": 5,
  "Mutation.createUploadUrls": 5,
  "Mutation.confirmUpload": 5,
  "Mutation.confirmUploads": 5,
  "Mutation.abortUpload": 5,
  "Mutation.deleteFile": 5,
};

/** Arguments that say how many items come back: a number, or a list with one result an entry. */
const COUNT_ARGUMENTS = ["first", "inputs", "fileIds", "ids", "parts"] as const;

function itemCount(args: Readonly<Record<string, unknown>>, maxItems: number): number {
  const given = COUNT_ARGUMENTS.map((name) => args[name]).find((value) => value !== undefined && value !== null);
  const count = Array.isArray(given) ? given.length : typeof given === "number" ? given : 1;
  // More than the maximum is refused later with a better message.
  return Math.min(Math.max(count, 1), maxItems);
}

/** True when one of the fields is selected here, also by way of fragments; each fragment is looked at once. */
function selects(
  set: SelectionSetNode | undefined,
  names: ReadonlySet<string>,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen = new Set<string>(),
): boolean {
  return (set?.selections ?? []).some((selection) => {
    if (selection.kind === Kind.FIELD) return names.has(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return selects(selection.selectionSet, names, fragments, seen);
    if (seen.has(selection.name.value)) return false;
    seen.add(selection.name.value);
    return selects(fragments.get(selection.name.value)?.selectionSet, names, fragments, seen);
  });
}

function holdsTicket({ field }: ComplexityEstimatorArgs): boolean {
  const type = getNamedType(field.type);
  if (isUnionType(type)) return type.getTypes().some((member) => member.name === "UploadTicket");
  return isObjectType(type) && type.name === "UploadTicket";
}

/** Fields that share one call are priced at their parent, since an estimator sees a field and not its siblings. */
function createEstimator(document: DocumentNode, maxItems: number): ComplexityEstimator {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return (estimated) => {
    const { type, field, node, args, childComplexity } = estimated;
    const name = `${type.name}.${field.name}`;
    if (field.name.startsWith("__")) return childComplexity;
    const item = ITEM_COSTS[name] ?? 1;
    if (item === 0) return 0;
    const listing = holdsTicket(estimated) && selects(node.selectionSet, LISTING_FIELDS, fragments) ? LISTING_COST : 0;
    const isList = name === "Query.files";
    const count = isList && selects(node.selectionSet, TOTAL_COUNT_FIELDS, fragments) ? TOTAL_COUNT_COST : 0;
    return count + itemCount(args, maxItems) * (item + listing + childComplexity);
  };
}

/**
 * The cost of an operation.
 * @param input.maxItems items that one list or one batch can have at most
 * @throws GraphQLError when variables do not fit, or fragments blow the operation up
 */
export function queryCost(input: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operationName: string | null;
  variables: Readonly<Record<string, unknown>>;
  maxItems: number;
}): number {
  return queryComplexity.getComplexity({
    schema: input.schema,
    query: input.document,
    operationName: input.operationName ?? undefined,
    variables: { ...input.variables },
    estimators: [createEstimator(input.document, input.maxItems)],
  });
}

/** The first variable that does not fit, in words; null when all do. The cost's own look at them goes on to the last one. */
function misfitOf({ schema, document, operationName, variables }: Parameters<typeof queryCost>[0]): string | null {
  const declared = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const { errors = [] } = getVariableValues(schema, declared, variables, { maxErrors: 1 });
  return errors[0]?.message ?? null;
}

/** A refusal of the operation as a whole: HTTP 400. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT", http: { status: 400 } } });
}

/** @throws GraphQLError BAD_USER_INPUT above {@link MAX_QUERY_COST}, or when variables do not fit or are too many */
export function checkQueryCost(input: Parameters<typeof queryCost>[0]): void {
  const fault = variablesFault(input.variables, input.maxItems) ?? misfitOf(input);
  if (fault !== null) throw badInput(fault);
  let cost: number;
  try {
    cost = queryCost(input);
  } catch (error) {
    if (error instanceof GraphQLError) throw badInput(error.message);
    throw error;
  }
  if (cost > MAX_QUERY_COST) {
    throw badInput(`This operation costs ${cost}; at most ${MAX_QUERY_COST} are allowed. Ask for fewer items.`);
  }
}

/** Refuses operations above {@link MAX_QUERY_COST} before their first resolver runs. */
export function queryCostGate(maxItems: number): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, operationName, request }) {
          if (operation === undefined) return;
          checkQueryCost({ schema, document, operationName, variables: request.variables ?? {}, maxItems });
        },
      };
    },
  };
}
