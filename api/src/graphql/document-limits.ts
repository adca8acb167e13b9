import { GraphQLError, Kind } from "graphql";
import type {
  ASTNode,
  DirectiveNode,
  DocumentNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
  ValidationRule,
} from "graphql";

/**
 * How large the operations of a document may be. Checked in one pass before anything of GraphQL's own validation, whose
 * rule about overlapping fields compares every pair of equal names: a document of 2,000 tokens can cost it seconds.
 */
export const DOCUMENT_LIMITS = {
  /** Of one operation, also by way of fragments. The page's largest has 2, the tutorial's 1. */
  rootFields: 10,
  /** Of one operation, each fragment counted as often as it is spread. Clients need a few, brute force needs many. */
  aliases: 30,
  /** Nested fields; the deepest sensible operation has 7. */
  depth: 12,
  /** At one place. GraphQL has two for operations: skip and include. */
  directives: 4,
  /** Fields and fragments of one operation, each fragment counted as often as it is spread. The page's largest has 100. */
  selections: 500,
  /** That one selection set holds by itself. The largest type has 25 fields. */
  selectionsInOneSet: 60,
  /** Definitions of a document; explorers send a whole tab of them. */
  definitions: 50,
  /** Nested lists and objects in one value. The deepest input has 3. */
  valueDepth: 10,
} as const;

/** What one selection set comes to, with everything that it spreads. */
interface Extent {
  readonly depth: number;
  /** Of its own level: of an operation's, the root fields. */
  readonly fields: number;
  readonly aliases: number;
  readonly selections: number;
}

const NOTHING: Extent = { depth: 0, fields: 0, aliases: 0, selections: 0 };

/**
 * The first limit that a document passes, in words; null when it keeps to all. Linear in the document, whatever it
 * spreads: each fragment is measured once. PURE.
 * @param maxItems items that one list in it can have at most
 */
export function documentFault(document: DocumentNode, maxItems: number): { message: string; node: ASTNode } | null {
  const { definitions } = document;
  if (definitions.length > DOCUMENT_LIMITS.definitions)
    return { message: tooMany("This document", definitions.length, "definitions", "definitions"), node: document };
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const known = new Map<string, Extent>();
  let fault: { message: string; node: ASTNode } | null = null;

  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      checkDirectives(definition);
      extentOfFragment(definition.name.value);
    } else if (definition.kind === Kind.OPERATION_DEFINITION) checkOperation(definition);
    if (fault !== null) return fault;
  }
  return null;

  function checkOperation(operation: OperationDefinitionNode): void {
    checkDirectives(operation);
    for (const variable of operation.variableDefinitions ?? []) {
      checkDirectives(variable);
      if (variable.defaultValue !== undefined) checkValue(variable.defaultValue, 1);
    }
    const { fields, depth, aliases, selections } = extentOf(operation.selectionSet);
    const report = (message: string): void => void (fault ??= { message, node: operation });
    if (fields > DOCUMENT_LIMITS.rootFields) report(tooMany("This operation", fields, "root fields", "rootFields"));
    if (aliases > DOCUMENT_LIMITS.aliases) report(tooMany("This operation", aliases, "aliases", "aliases"));
    if (depth > DOCUMENT_LIMITS.depth)
      report(`This operation is ${depth} levels deep; at most ${DOCUMENT_LIMITS.depth} are allowed.`);
    // Forbidden since the edition of September 2025 (section 5.2.4.1); where their values do not fit, graphql-js throws.
    if (operation.operation === "subscription" && rootHasCondition(operation.selectionSet, fragments))
      report("@skip and @include may not stand at the root of a subscription.");
    if (selections > DOCUMENT_LIMITS.selections) report(tooMany("This operation", selections, "fields", "selections"));
  }

  function extentOf(set: SelectionSetNode | undefined): Extent {
    if (set === undefined) return NOTHING;
    if (set.selections.length > DOCUMENT_LIMITS.selectionsInOneSet) {
      const message = tooMany("One place of this document", set.selections.length, "fields", "selectionsInOneSet");
      fault ??= { message, node: set };
    }
    let sum = NOTHING;
    for (const selection of set.selections) {
      checkDirectives(selection);
      if (selection.kind === Kind.FIELD) {
        for (const argument of selection.arguments ?? []) checkValue(argument.value, 1);
        const below = extentOf(selection.selectionSet);
        // Introspection is deep by nature; its own depth is bounded by graphql-js.
        const meta = selection.name.value.startsWith("__");
        sum = added(sum, {
          depth: meta ? 0 : 1 + below.depth,
          fields: 1,
          aliases: below.aliases + (selection.alias === undefined ? 0 : 1),
          selections: below.selections + 1,
        });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) sum = added(sum, spread(extentOf(selection.selectionSet)));
      else sum = added(sum, spread(extentOfFragment(selection.name.value)));
    }
    return sum;
  }

  function extentOfFragment(name: string): Extent {
    const before = known.get(name);
    if (before !== undefined) return before;
    // One that spreads itself is refused by another rule and must only not hang here.
    known.set(name, NOTHING);
    const extent = extentOf(fragments.get(name)?.selectionSet);
    known.set(name, extent);
    return extent;
  }

  function checkDirectives(node: ASTNode & { readonly directives?: readonly DirectiveNode[] | undefined }): void {
    const { directives = [] } = node;
    if (directives.length > DOCUMENT_LIMITS.directives)
      fault ??= { message: tooMany("One place of this document", directives.length, "directives", "directives"), node };
    for (const directive of directives) for (const argument of directive.arguments ?? []) checkValue(argument.value, 1);
  }

  function checkValue(value: ASTNode, depth: number): void {
    if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return;
    if (depth > DOCUMENT_LIMITS.valueDepth) {
      const message = `A value of this document is more than ${DOCUMENT_LIMITS.valueDepth} levels deep.`;
      fault ??= { message, node: value };
      return;
    }
    if (value.kind === Kind.LIST) {
      const items = value.values.length;
      if (items > maxItems) fault ??= { message: tooLong(items, maxItems), node: value };
      for (const item of value.values) checkValue(item, depth + 1);
    } else for (const field of value.fields) checkValue(field.value, depth + 1);
  }
}

/** Each fragment is looked at once: they may spread themselves. */
function rootHasCondition(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen = new Set<string>(),
): boolean {
  return set.selections.some((selection) => {
    if (selection.directives?.some(({ name }) => name.value === "skip" || name.value === "include")) return true;
    if (selection.kind === Kind.FIELD) return false;
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootHasCondition(selection.selectionSet, fragments, seen);
    const name = selection.name.value;
    const fragment = seen.has(name) ? undefined : fragments.get(name);
    seen.add(name);
    return fragment !== undefined && rootHasCondition(fragment.selectionSet, fragments, seen);
  });
}

/** Side by side in one selection set. */
function added(left: Extent, right: Extent): Extent {
  return {
    depth: Math.max(left.depth, right.depth),
    fields: left.fields + right.fields,
    aliases: left.aliases + right.aliases,
    selections: left.selections + right.selections,
  };
}

/** A fragment counts itself: one of nothing but other fragments is work too. */
const spread = (extent: Extent): Extent => ({ ...extent, selections: extent.selections + 1 });

function tooMany(what: string, count: number, of: string, limit: keyof typeof DOCUMENT_LIMITS): string {
  return `${what} has ${count > 1e6 ? "more than a million" : count} ${of}; at most ${DOCUMENT_LIMITS[limit]} are allowed.`;
}

const tooLong = (items: number, maxItems: number): string =>
  `A list has ${items} items; at most ${maxItems} are allowed.`;

/**
 * {@link documentFault} as a rule, so that both paths of operations have it, as BAD_USER_INPUT. Rules visit a document
 * together, so that one which removes the document ends the visit for all of them: what is refused here is not looked at
 * by the costly ones.
 */
export function documentLimitsRule(maxItems: number): ValidationRule {
  return (context) => ({
    Document(document) {
      const fault = documentFault(document, maxItems);
      if (fault === null) return undefined;
      const { message, node } = fault;
      context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: "BAD_USER_INPUT" } }));
      return null;
    },
  });
}

/** Values in the variables of one request. A full batch of the largest inputs has 900. */
const MAX_VARIABLE_VALUES = 5_000;

/**
 * What is wrong with the size of a request's variables, in words; null when nothing is. It stops to look at the first
 * fault. graphql-js makes an error with a stack for each value that does not fit: 200,000 of them are 40 seconds. PURE.
 * @param maxItems items that one list can have at most
 */
export function variablesFault(variables: Readonly<Record<string, unknown>>, maxItems: number): string | null {
  let values = 0;
  const faultOf = (value: unknown, depth: number): string | null => {
    values += 1;
    if (values > MAX_VARIABLE_VALUES) return `The variables hold more than ${MAX_VARIABLE_VALUES} values.`;
    if (typeof value !== "object" || value === null) return null;
    if (depth > DOCUMENT_LIMITS.valueDepth)
      return `The variables are more than ${DOCUMENT_LIMITS.valueDepth} levels deep.`;
    if (Array.isArray(value)) {
      if (value.length > maxItems) return tooLong(value.length, maxItems);
      return firstFault(value, (item) => faultOf(item, depth + 1));
    }
    // Not Object.values: it would copy what may be too many.
    for (const name in value) {
      const fault = faultOf((value as Record<string, unknown>)[name], depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  };
  return faultOf(variables, 0);
}

function firstFault(items: readonly unknown[], faultOf: (item: unknown) => string | null): string | null {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * The fields that an operation asks for at its root, in order, also by way of fragments; an alias under the field's own
 * name. Rate limits count them. PURE.
 */
export function rootFieldNames(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const names: string[] = [];
  // Documents come here once they are valid: no fragment spreads itself.
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) names.push(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  return names;
}
