import type { ApolloServerPlugin } from "@apollo/server";
import type { Context } from "./context.js";
import { badInput } from "./query-cost.js";

/** Says where subscriptions are answered; executed as a query, one would end in an error that nobody understands. */
export function subscriptionGate(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation === "subscription") {
            throw badInput("Subscriptions are answered at /graphql/stream, as server-sent events.");
          }
        },
      };
    },
  };
}
