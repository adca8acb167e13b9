/** Nothing unfinished is committed: no notes to oneself, no debugger, no test that is skipped or alone, no merge mark. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceFiles } from "./source-files.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TEXT = /\.(?:ts|tsx|js|mjs|cjs|css|html|md|graphql|sh|yml|yaml|json|sql)$|^\.ci\/|(?:^|\/)Dockerfile$/;
const EXEMPT = /^package-lock\.json$|^check\/(?:leftovers|planted-faults)\.mjs$|^web\/(?:src|snippets)\/gql\//;
const CODE = /\.(?:ts|tsx|mjs|cjs|js)$/;
const ENTRIES =
  /^api\/src\/(?:main|print-schema)\.ts$|(?:^|[/.-])cli\.ts$|^(?:check|api\/bench|web\/e2e|web\/cli\/bin)\/|^[^/]+\.mjs$/;

const MARKS = [
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, says: "a note to oneself: do it, or write an issue", of: TEXT },
  { pattern: /^(?:<{7} |>{7} |={7}$)/, says: "a merge mark", of: TEXT },
  { pattern: /\bdebugger;/, says: "a debugger statement", of: CODE },
  {
    pattern: /\b(?:test|it|describe)\.(?:skip|todo|only|failing)\b|\bx(?:it|test|describe)\(/,
    says: "a test that does not run",
    of: CODE,
  },
  {
    pattern: /\bconsole\.(?:log|debug|info|warn|error|trace|dir)\(/,
    says: "a console call outside the entry files",
    of: CODE,
    except: ENTRIES,
  },
];

const faults = [];
const files = sourceFiles(ROOT).filter((file) => TEXT.test(file) && !EXEMPT.test(file));
for (const file of files) {
  const marks = MARKS.filter(({ of, except }) => of.test(file) && !except?.test(file));
  readFileSync(join(ROOT, file), "utf8")
    .split("\n")
    .forEach((line, index) => {
      for (const { pattern, says } of marks) {
        if (pattern.test(line)) faults.push(`${file}:${index + 1}: ${says}: ${line.trim().slice(0, 100)}`);
      }
    });
}
if (files.length === 0) faults.push("There are no files to read.");
console.log(faults.length > 0 ? faults.join("\n") : `${files.length} files`);
process.exitCode = faults.length > 0 ? 1 : 0;
