/**
 * No file above 400 lines of code; comments, blank lines, tests, migrations, generated files, `*.graphql.ts` and the page's
 * one table of words not counted.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceFiles } from "./source-files.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LIMIT = 400;
const COUNTED = /\.(?:ts|tsx|js|mjs|cjs)$/;
const EXEMPT =
  /\.(?:test|contract|fixture)\.tsx?$|\.graphql\.ts$|\/migrations\/|^web\/(?:src|snippets)\/gql\/|^api\/test\/|-checks\.ts$|^web\/e2e\/|^web\/src\/page\/messages\.ts$/;

/** Lines that hold code. A string may hold comment marks, so this can only count too few, by what stands in such strings. */
function linesOfCode(text) {
  let inComment = false;
  return text.split("\n").filter((line) => {
    let rest = line.trim();
    for (;;) {
      if (inComment) {
        const end = rest.indexOf("*/");
        if (end < 0) return false;
        rest = rest.slice(end + 2).trim();
        inComment = false;
      }
      if (rest === "" || rest.startsWith("//")) return false;
      if (!rest.startsWith("/*")) return true;
      inComment = true;
      rest = rest.slice(2);
    }
  }).length;
}

const files = sourceFiles(ROOT).filter((file) => COUNTED.test(file) && !EXEMPT.test(file));
const counts = files.map((file) => ({ file, lines: linesOfCode(readFileSync(join(ROOT, file), "utf8")) }));
const tooLong = counts.filter(({ lines }) => lines > LIMIT);
if (files.length === 0) {
  console.log("There are no files to count.");
  process.exitCode = 1;
} else if (tooLong.length > 0) {
  for (const { file, lines } of tooLong)
    console.log(`${file}: ${lines} lines of code, above ${LIMIT}. Split it by verb.`);
  process.exitCode = 1;
} else {
  const { file, lines } = counts.reduce((one, other) => (other.lines > one.lines ? other : one));
  const sorted = counts.map((count) => count.lines).sort((a, b) => a - b);
  console.log(
    `${files.length} files, median ${sorted[Math.floor(sorted.length / 2)]}, the largest ${file} with ${lines}`,
  );
}
