/**
 * docs/upload-engine.md from the declarations of @signet/upload: each export of each entry with its docstring and its
 * signature. `node check/api-docs.mjs --write` writes it; without, fails when the page is not what the code says, or when
 * an export has no docstring. Reads what tsc emitted, whose layout is regular: a statement begins at the line's start.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as prettier from "prettier";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(ROOT);
const DIST = "web/src/upload/dist";
const PAGE = "docs/upload-engine.md";
const WRITE = "node check/api-docs.mjs --write";
const ENTRIES = [
  { file: "index", specifier: "@signet/upload", says: "The engine. No globals of a browser, nothing of Node." },
  { file: "browser", specifier: "@signet/upload/browser", says: "Adapters for browsers." },
  { file: "node", specifier: "@signet/upload/node", says: "Adapters for Node." },
];
const INTRODUCTION = `# API of @signet/upload

Made from the declarations by \`${WRITE}\`; do not edit it. What the package is for, and how to begin: [its
README](../web/src/upload/README.md). A fourth entry, \`@signet/upload/hash-worker\`, exports nothing: it is the script of
the worker that \`createWorkerHash\` starts.
`;

/** The statements of one declaration file: name → docstring and signature. */
function declarationsOf(file) {
  const found = new Map();
  const lines = readFileSync(join(DIST, file), "utf8").split("\n");
  const starts = lines.flatMap((line, index) =>
    /^(?:\/\*\*|export |declare |import |interface |type )/.test(line) ? [index] : [],
  );
  starts.forEach((start, index) => {
    const text = lines
      .slice(start, starts[index + 1])
      .join("\n")
      .replace(/\/\/# sourceMappingURL=.*/, "")
      .trim();
    const before = index > 0 ? lines.slice(starts[index - 1], start).join("\n") : "";
    const name = /^export (?:declare )?(?:abstract )?(?:class|const|function|interface|type) (\w+)/.exec(text)?.[1];
    if (name === undefined) return;
    found.set(name, { doc: before.startsWith("/**") ? docOf(before) : "", signature: signatureOf(text) });
  });
  return found;
}

/** A block comment as Markdown. */
function docOf(comment) {
  const text = comment
    .replace(/^\/\*\*|\*\/\s*$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, ""))
    .join("\n")
    .trim();
  return text
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .replace(/^@param (\w+) /gm, "\n- `$1` ")
    .replace(/^@throws /gm, "\nThrows ")
    .replace(/^@returns /gm, "\nReturns ");
}

/** Without what only the compiler needs. */
function signatureOf(text) {
  return text.replace(/^export (?:declare )?/, "").replace(/^ +(?:#private;|private .*;)\n/gm, "");
}

/** The exports of an entry, in its order. */
function exportsOf(entry) {
  const text = readFileSync(join(DIST, `${entry}.d.ts`), "utf8");
  const reexports = text.matchAll(/^export (?:type )?\{([^}]*)\} from "\.\/([\w-]+)\.js";/gm);
  return [...reexports].flatMap(([, names, file]) =>
    names.match(/\w+/g).map((name) => ({ name, file: `${file}.d.ts` })),
  );
}

const faults = [];
const files = new Map();
execFileSync(process.execPath, ["build.mjs", "--if-stale", "--upload"], { stdio: ["ignore", "inherit", "inherit"] });
let count = 0;
const sections = ENTRIES.map(({ file: entry, specifier, says }) => {
  const parts = exportsOf(entry).map(({ name, file }) => {
    if (!files.has(file)) files.set(file, declarationsOf(file));
    const { doc = "", signature } = files.get(file).get(name) ?? {};
    count += 1;
    if (signature === undefined) faults.push(`${specifier} exports ${name}, and ${file} does not declare it.`);
    if (doc === "") faults.push(`${name} of ${specifier} has no docstring.`);
    return `### ${name}\n\n${doc}\n\n\`\`\`ts\n${signature}\n\`\`\`\n`;
  });
  if (parts.length === 0) faults.push(`${specifier} exports nothing.`);
  return `## ${specifier}\n\n${says}\n\n${parts.join("\n")}`;
});
const page = await prettier.format([INTRODUCTION, ...sections].join("\n"), {
  ...(await prettier.resolveConfig(PAGE)),
  parser: "markdown",
});

if (process.argv.includes("--write") && faults.length === 0) writeFileSync(PAGE, page);
else if (readIfThere(PAGE) !== page) faults.push(`${PAGE} is not what the code says. To mend: ${WRITE}`);
console.log(faults.length > 0 ? faults.join("\n") : `${count} exports of @signet/upload`);
process.exitCode = faults.length > 0 ? 1 : 0;

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
