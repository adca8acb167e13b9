import type { ApolloServerOptions } from "@apollo/server";
import type { DocumentNode } from "graphql";
import type { Context } from "./context.js";

type DocumentStore = NonNullable<ApolloServerOptions<Context>["documentStore"]>;

/** The page has 20 operations; a client that makes a text for each call gains nothing by its being kept. */
const MAX_DOCUMENTS = 100;
const MAX_LENGTH = 10_000;

/**
 * Keeps the operations that are sent again and again parsed and validated: the last ones used, by their text. Apollo's own
 * counts 30 MiB of JSON, which are 150 MiB of memory once somebody has sent enough different operations.
 */
export function createDocumentStore(): DocumentStore {
  const documents = new Map<string, DocumentNode>();
  return {
    async get(key) {
      const document = documents.get(key);
      if (document === undefined) return undefined;
      documents.delete(key);
      documents.set(key, document);
      return document;
    },
    async set(key, document) {
      if ((document.loc?.source.body.length ?? Number.POSITIVE_INFINITY) > MAX_LENGTH) return;
      documents.set(key, document);
      const [oldest] = documents.keys();
      if (documents.size > MAX_DOCUMENTS && oldest !== undefined) documents.delete(oldest);
    },
    async delete(key) {
      return documents.delete(key);
    },
  };
}
