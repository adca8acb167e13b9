/**
 * The gates of `npm run check`: each a name and the commands that must all end with status 0. A command is a Node script
 * and its arguments, relative to the root.
 * @type {{ name: string; commands: string[][] }[]}
 */
export const GATES = [
  {
    name: "types",
    commands: [
      ["node_modules/typescript/bin/tsc", "-p", "api", "--noEmit"],
      ["node_modules/typescript/bin/tsc", "-p", "web", "--noEmit"],
      // The snippets import the engine as others do: as a package, from its build.
      ["build.mjs", "--if-stale", "--upload"],
      ["node_modules/typescript/bin/tsc", "-p", "web/tsconfig.test.json", "--noEmit"],
      ["node_modules/typescript/bin/tsc", "-p", "web/snippets", "--noEmit"],
    ],
  },
  { name: "lint", commands: [["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings", "--format=unix"]] },
  { name: "format", commands: [["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."]] },
  { name: "boundaries", commands: [["check/boundaries.mjs"]] },
  { name: "dead-code", commands: [["node_modules/knip/bin/knip.js", "--no-progress"]] },
  { name: "generated", commands: [["check/generated.mjs"], ["check/api-docs.mjs"]] },
  { name: "lock", commands: [["check/lock.mjs"]] },
  { name: "sizes", commands: [["check/sizes.mjs"]] },
  { name: "leftovers", commands: [["check/leftovers.mjs"]] },
];
