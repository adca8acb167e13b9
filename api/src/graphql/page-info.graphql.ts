import "reflect-metadata";
import { Field, ObjectType } from "type-graphql";

/** Source: the GraphQL Cursor Connections Specification, https://relay.dev/graphql/connections.htm#sec-undefined.PageInfo */
@ObjectType("PageInfo", {
  simpleResolvers: true,
  description: "Where a page stands in its list. Pass endCursor as `after` to get the next one.",
})
export class PageInfoType {
  @Field(() => Boolean, { description: "True: another page follows endCursor." })
  readonly hasNextPage!: boolean;
  @Field(() => Boolean, { description: "Always false: forward only." })
  readonly hasPreviousPage!: false;
  @Field(() => String, { nullable: true, description: "Cursor of the first edge; null when the page is empty." })
  readonly startCursor!: string | null;
  @Field(() => String, { nullable: true, description: "Cursor of the last edge; null when the page is empty." })
  readonly endCursor!: string | null;
}
