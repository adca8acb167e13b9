/**
 * Who may import whom: the table of ARCHITECTURE.md as rules. `npm run check` runs them through check/boundaries.mjs,
 * which also proves that every source file was really read: dependency-cruiser cannot read TypeScript 7 by itself, and
 * without the parser named below it would pass on no modules at all.
 */
const FEATURE = "^api/src/(files|uploads|usage|api-keys|reconcile)/";
/** Files with a step in their name; every other file of a feature is a use case or pure. */
const STEP = "\\.(store|entity|resolver|graphql)\\.ts$";
const TEST = "\\.(test|contract|fixture)\\.tsx?$";
const EFFECTS = "^(node:)?(fs|http|https|http2|net|tls|dns|child_process|process|worker_threads|cluster)(/|$)";
const NPM = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

/** Nothing else that comes from npm. */
const otherPackagesThan = (...names) => ({
  dependencyTypes: NPM,
  pathNot: names.map((name) => `node_modules/(${name})(/|$)`),
});

/** Adapters know their vendor and nothing of the product but the error table and the port that they fill. */
const adapter = (folder, ...vendors) => [
  {
    name: `${folder}-knows-no-feature`,
    comment: `api/src/${folder} is an adapter: it imports errors and its vendor, never a feature, graphql or http.`,
    severity: "error",
    from: { path: `^api/src/${folder}/`, pathNot: TEST },
    to: { path: "^api/src/", pathNot: [`^api/src/${folder}/`, "^api/src/errors\\.ts$"] },
  },
  {
    name: `${folder}-has-one-vendor`,
    comment: `api/src/${folder} may use: ${vendors.join(", ")}.`,
    severity: "error",
    from: { path: `^api/src/${folder}/`, pathNot: TEST },
    to: otherPackagesThan(...vendors),
  },
];

module.exports = {
  forbidden: [
    {
      name: "resolvable",
      comment: "The import leads nowhere.",
      severity: "error",
      from: {},
      to: {
        couldNotResolve: true,
        // The first has types only and no file to run; the second is built when it is compiled against.
        pathNot: ["^@graphql-typed-document-node/core$", "^@signet/upload(/|$)"],
      },
    },
    {
      name: "use-cases-are-plain",
      comment:
        "Use cases and pure files know their own and other features' plain files, the storage port, the viewer and the error table.",
      severity: "error",
      from: { path: FEATURE, pathNot: [STEP, TEST] },
      to: {
        path: "^api/",
        pathNot: [
          `${FEATURE}(?![^/]*${STEP})`,
          "^api/src/storage/object-storage\\.ts$",
          "^api/src/auth/viewer\\.ts$",
          "^api/src/errors\\.ts$",
        ],
      },
    },
    {
      name: "use-cases-use-no-package",
      comment: "No typeorm, graphql, AWS or any other package in a use case or a pure file.",
      severity: "error",
      from: { path: FEATURE, pathNot: [STEP, TEST] },
      to: { dependencyTypes: NPM },
    },
    {
      name: "use-cases-have-no-effects",
      comment: "Effects are arguments: no files, sockets or processes in a use case or a pure file.",
      severity: "error",
      from: { path: FEATURE, pathNot: [STEP, TEST] },
      to: { path: EFFECTS, dependencyTypes: ["core"] },
    },
    {
      name: "stores-know-the-database",
      comment: "A store or an entity knows pure files, db/, errors and typeorm; never graphql, storage or http.",
      severity: "error",
      from: { path: `${FEATURE}.*\\.(store|entity)\\.ts$` },
      to: { path: "^api/src/(graphql|storage|http|jobs|content|app|main|config)|\\.(resolver|graphql)\\.ts$" },
    },
    {
      name: "stores-use-typeorm",
      comment: "The one package of a store or an entity is typeorm.",
      severity: "error",
      from: { path: `${FEATURE}.*\\.(store|entity)\\.ts$` },
      to: otherPackagesThan("typeorm"),
    },
    {
      name: "resolvers-translate",
      comment:
        "A resolver knows its own folder, graphql/, the viewer and errors; never db/, an adapter, http or config.",
      severity: "error",
      from: { path: `${FEATURE}.*\\.(resolver|graphql)\\.ts$` },
      to: {
        path: "^api/src/(db|storage|http|jobs|content|telemetry|auth|app|main|config)",
        pathNot: ["^api/src/auth/viewer\\.ts$"],
      },
    },
    {
      name: "resolvers-use-type-graphql",
      comment: "The packages of a resolver are type-graphql, graphql and their scalars; never typeorm or AWS.",
      severity: "error",
      from: { path: `${FEATURE}.*\\.(resolver|graphql)\\.ts$` },
      to: otherPackagesThan(
        "type-graphql",
        "reflect-metadata",
        "graphql",
        "graphql-scalars",
        "class-validator",
        "graphql-query-complexity",
      ),
    },
    {
      name: "features-meet-plainly",
      comment:
        "From another feature only its plain files and its .graphql.ts types; never its store, entity or resolver.",
      severity: "error",
      from: { path: "^api/src/(files|uploads|usage|api-keys|reconcile)/", pathNot: TEST },
      to: { path: `${FEATURE}.*\\.(store|entity|resolver)\\.ts$`, pathNot: "^api/src/$1/" },
    },
    {
      name: "uploads-to-files-is-one-way",
      comment: "uploads/ knows files/; files/ does not know uploads/.",
      severity: "error",
      from: { path: "^api/src/files/", pathNot: TEST },
      to: { path: "^api/src/uploads/" },
    },
    {
      name: "reconciling-is-known-by-nobody",
      comment: "reconcile/ looks at all of them from outside; no feature knows it.",
      severity: "error",
      from: { path: "^api/src/(files|uploads|usage|api-keys)/", pathNot: TEST },
      to: { path: "^api/src/reconcile/" },
    },
    ...adapter("storage", "@aws-sdk/[^/]+", "@smithy/[^/]+", "cockatiel"),
    ...adapter("auth", "jose"),
    ...adapter("db", "typeorm", "pg", "@types/pg", "graphile-worker"),
    ...adapter("telemetry", "pino", "prom-client", "@opentelemetry/[^/]+"),
    ...adapter("content", "file-type"),
    {
      name: "jobs-know-no-feature",
      comment: "api/src/jobs is a queue: what is done in it comes as functions.",
      severity: "error",
      from: { path: "^api/src/jobs/", pathNot: TEST },
      to: { path: ["^api/src/(graphql|http|storage|app|main)", FEATURE] },
    },
    {
      name: "only-the-root-knows-everything",
      comment: "app.ts wires all parts and main.ts starts it; nobody imports them, tests and benchmarks apart.",
      severity: "error",
      from: { path: "^(api|web)/", pathNot: ["^api/(test|bench)/", "^api/src/main\\.ts$", TEST] },
      to: { path: "^api/src/(app|main)\\.ts$" },
    },
    {
      name: "embedded-stands-alone",
      comment: "The embedded servers know nothing of the product, and only its root starts them.",
      severity: "error",
      from: { path: "^api/embedded/" },
      to: { path: "^(api/(src|test|bench)|web)/" },
    },
    {
      name: "product-does-not-know-embedded",
      comment: "Only the root (app.ts, main.ts and the files that serve it) knows that servers can be embedded.",
      severity: "error",
      from: { path: "^api/src/[^/]+/", pathNot: TEST },
      to: { path: "^api/embedded/" },
    },
    {
      name: "nothing-ships-tests",
      comment: "What ships imports no test, fixture or benchmark.",
      severity: "error",
      from: { path: "^(api/(src|embedded)|web/(src|cli/src|snippets))/", pathNot: TEST },
      to: { path: [TEST, "^api/(test|bench)/", "^web/(e2e|cli/test)/"] },
    },
    {
      name: "the-engine-stands-alone",
      comment: "web/src/upload is the engine: no React, no GraphQL, no package at all.",
      severity: "error",
      from: { path: "^web/src/upload/", pathNot: TEST },
      to: { path: ["^web/src/(?!upload/)", "^api/"] },
    },
    {
      name: "the-engine-uses-no-package",
      comment: "web/src/upload takes what it needs as arguments.",
      severity: "error",
      from: { path: "^web/src/upload/", pathNot: TEST },
      to: { dependencyTypes: NPM },
    },
    {
      name: "the-engine-has-one-door",
      comment: "The engine is used through upload/index.ts; its adapters through upload/browser.ts and upload/node.ts.",
      severity: "error",
      from: { path: "^(web/src/(?!upload/)|api/)" },
      to: { path: "^web/src/upload/", pathNot: "^web/src/upload/(index|browser|node)\\.ts$" },
    },
    {
      name: "hooks-know-no-page",
      comment: "web/src/react is hooks over the engine; web/src/api is typed operations; neither knows the page.",
      severity: "error",
      from: { path: "^web/src/(react|api|gql)/" },
      to: { path: "^web/src/(page/|main\\.tsx)" },
    },
    {
      name: "the-command-line-knows-no-page",
      comment:
        "web/cli is a front end of its own: the engine through its doors, web/src/api and web/src/gql; never the page, React or an adapter for browsers.",
      severity: "error",
      from: { path: "^web/cli/src/" },
      to: { path: "^web/", pathNot: ["^web/cli/src/", "^web/src/(api|gql)/", "^web/src/upload/(index|node)\\.ts$"] },
    },
    {
      name: "the-command-line-uses-no-package",
      comment: "web/cli is Node, the engine and web/src/api; nothing to install.",
      severity: "error",
      from: { path: "^web/cli/src/", pathNot: TEST },
      to: { dependencyTypes: NPM },
    },
    {
      name: "snippets-are-strangers",
      comment: "A snippet uses the engine as a package, and web/src/api and operations as the copies that people make.",
      severity: "error",
      from: { path: "^web/snippets/", pathNot: TEST },
      to: { path: "^web/", pathNot: ["^web/snippets/", "^web/src/(api|gql)/", "^web/src/upload/dist/"] },
    },
    {
      name: "nobody-knows-the-leaves",
      comment: "The command line and the snippets are used by nobody.",
      severity: "error",
      from: { path: "^(api|web/(src|e2e))/" },
      to: { path: "^web/(cli|snippets)/" },
    },
    {
      name: "web-knows-the-schema-only",
      comment: "The page meets the API through schema.graphql and codegen.",
      severity: "error",
      from: { path: "^web/" },
      to: { path: "^api/" },
    },
    {
      name: "api-does-not-know-the-page",
      comment:
        "The API serves the page's build and knows nothing of its source; only api/test and api/bench drive the engine.",
      severity: "error",
      from: { path: "^api/(src|embedded)/" },
      to: { path: "^web/" },
    },
  ],
  options: {
    parser: "swc",
    exclude: { path: ["^(api|web|web/cli)/dist(-test)?(/|$)", "\\.next-[0-9]+/"] },
    doNotFollow: { path: "node_modules" },
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types", "default"] },
  },
};
