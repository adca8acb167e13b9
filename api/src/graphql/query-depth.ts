import { GraphQLError, Kind } from "graphql";
import type { SelectionSetNode, ValidationContext, ValidationRule } from "graphql";

/**
 * Refuses operations with more nested fields than any sensible one has. Introspection does not count: its own depth is
 * bounded by graphql-js. Each fragment is measured once, so the rule's cost is linear in the document.
 */
export function maxDepthRule(maxDepth: number): ValidationRule {
  return (context) => {
    const depths = new Map<string, number>();
    return {
      OperationDefinition(operation) {
        const depth = depthOf(operation.selectionSet, context, depths);
        if (depth <= maxDepth) return;
        const message = `This operation is ${depth} levels deep; at most ${maxDepth} are allowed.`;
        context.reportError(new GraphQLError(message, { nodes: operation }));
      },
    };
  };
}

function depthOf(set: SelectionSetNode | undefined, context: ValidationContext, depths: Map<string, number>): number {
  const below = (set?.selections ?? []).map((selection) => {
    switch (selection.kind) {
      case Kind.FIELD:
        return selection.name.value.startsWith("__") ? 0 : 1 + depthOf(selection.selectionSet, context, depths);
      case Kind.INLINE_FRAGMENT:
        return depthOf(selection.selectionSet, context, depths);
      case Kind.FRAGMENT_SPREAD:
        return fragmentDepth(selection.name.value, context, depths);
    }
  });
  return Math.max(0, ...below);
}

function fragmentDepth(name: string, context: ValidationContext, depths: Map<string, number>): number {
  const known = depths.get(name);
  if (known !== undefined) return known;
  depths.set(name, 0); // a fragment that spreads itself is refused by another rule and must only not hang here
  const depth = depthOf(context.getFragment(name)?.selectionSet, context, depths);
  depths.set(name, depth);
  return depth;
}
