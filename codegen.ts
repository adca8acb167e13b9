import type { CodegenConfig } from "@graphql-codegen/cli";

/**
 * schema.graphql (printed by the API) and the page's own operations become typed string documents in web/src/gql.
 * String documents carry no GraphQL runtime into the browser; scalars are typed as they travel in JSON.
 */
const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: ["web/src/api/*.graphql"],
  generates: {
    "web/src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
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
    },
  },
};

// The tool reads the default export and offers no other way.
export default config;
