import type { CodegenConfig } from "@graphql-codegen/cli";

/** Scalars are typed as they travel in JSON. */
const client = {
  preset: "client",
  presetConfig: { fragmentMasking: false },
  config: {
    strictScalars: true,
    scalars: {
      ID: "string",
      ByteCount: "number",
      DateTime: "string",
      URL: "string",
      Sha256: "string",
    },
    enumsAsTypes: true,
    useTypeImports: true,
    immutableTypes: true,
    importExtension: ".js",
    emitLegacyCommonJSImports: false,
  },
} as const;

/**
 * schema.graphql (printed by the API) and the operations of the page and the command line become typed string documents
 * in web/src/gql: they carry no GraphQL runtime into the browser. Apollo Client and urql read the page's operations as
 * syntax trees, so these are made a second time for the snippets.
 */
const config: CodegenConfig = {
  schema: "schema.graphql",
  generates: {
    "web/src/gql/": {
      ...client,
      documents: ["web/src/api/*.graphql", "web/cli/src/*.graphql"],
      config: { ...client.config, documentMode: "string" },
    },
    "web/snippets/gql/": {
      ...client,
      documents: ["web/src/api/*.graphql"],
      config: { ...client.config, documentMode: "documentNode" },
    },
  },
};

// The tool reads the default export and offers no other way.
export default config;
