import "reflect-metadata";
import { Field, ID, InterfaceType } from "type-graphql";

/** Parents are rows, which carry no type name; only a file has a file name. */
function nodeTypeName(node: object): "File" | "Viewer" {
  return "filename" in node ? "File" : "Viewer";
}

@InterfaceType("Node", {
  description: "Anything that can be asked for again by its id alone (Query.node, Query.nodes).",
  resolveType: nodeTypeName,
})
export abstract class NodeType {
  @Field(() => ID, {
    description: "Opaque, unique over all types (file_…, viewer_…), the same everywhere in this API.",
  })
  readonly id!: string;
}
