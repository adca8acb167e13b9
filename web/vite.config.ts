import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import type { Plugin, UserConfig } from "vite";

const API = "http://localhost:4000";

/** What the page needs anyway: light-dark(), popover, AbortSignal.any. */
const TARGET = ["chrome125", "firefox129", "safari17.5"];

/** Generated documents as plain strings without indentation: in the bundle their types are gone, and with them their class. */
const plainDocuments: Plugin = {
  name: "plain-graphql-documents",
  apply: "build",
  transform: {
    filter: { id: /src\/gql\/graphql\.ts$/ },
    handler: (code) =>
      code.replace(/new TypedDocumentString\(`([^`]*)`(, \{[^}]*\})?\)/g, (_, text: string) =>
        JSON.stringify(text.replace(/\s+/g, " ").trim()),
      ),
  },
};

/**
 * The page is written for React and shipped on Preact, which implements the same API in a seventh of the bytes
 * (docs/decisions/008-page-runtime.md). `--mode react` builds it on React itself.
 */
const PREACT = [
  { find: /^react-dom\/client$/, replacement: "preact/compat/client" },
  { find: /^react-dom$/, replacement: "preact/compat" },
  { find: /^react\/jsx-runtime$/, replacement: "preact/jsx-runtime" },
  { find: /^react$/, replacement: "preact/compat" },
];

const page: UserConfig = {
  plugins: [react(), plainDocuments],
  build: {
    // The page's policy is script-src 'self': no data: URLs and no inline polyfill.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: TARGET,
  },
  server: {
    proxy: {
      "/graphql": API,
      "/dev": API,
      "/sign-in.json": API,
      "/healthz": API,
      "/readyz": API,
      "/explorer": API,
      "/files": {
        target: API,
        // A person who opens a permalink gets the page, as the API does it.
        bypass: (request) => (request.headers.accept?.includes("text/html") ? "/index.html" : undefined),
      },
    },
  },
};

/**
 * The upload engine alone, as another front end would load it; measured by e2e/budget.test.ts. `--mode engine`: the queue
 * and all that it needs; `--mode engine-batching`: with batching; `--mode engine-browser`: and with every adapter for
 * browsers.
 */
const ENGINE: Readonly<Record<string, readonly string[]>> = {
  engine: ["upload-queue"],
  "engine-batching": ["index"],
  "engine-browser": ["index", "browser"],
};

const engine = (entries: readonly string[]): UserConfig => ({
  publicDir: false,
  plugins: [
    {
      name: "engine-entry",
      resolveId: (id) => (id === "engine-entry" ? id : undefined),
      load: (id) =>
        id === "engine-entry" ? entries.map((name) => `export * from "/src/upload/${name}.ts";`).join("") : undefined,
    },
  ],
  build: {
    target: TARGET,
    modulePreload: false,
    sourcemap: "hidden",
    rolldownOptions: {
      input: "engine-entry",
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "engine.js" },
    },
  },
});

/** `--mode cli`: the command line as one file for Node. */
const cli: UserConfig = {
  publicDir: false,
  plugins: [plainDocuments],
  ssr: { noExternal: true },
  build: {
    ssr: "cli/src/cli.ts",
    target: "node20",
    rolldownOptions: { output: { entryFileNames: "signet.js" } },
  },
};

// The tool reads the default export and offers no other way.
export default defineConfig(({ mode }) => {
  const entries = ENGINE[mode];
  if (entries) return engine(entries);
  if (mode === "cli") return cli;
  return mode === "react" ? page : { ...page, resolve: { alias: PREACT } };
});
