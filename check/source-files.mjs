import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

const IGNORED = /^(?:\.git|\.data|node_modules|coverage|dist|dist-test|artefacts)$|\.next-\d+$|\.log$/;

/**
 * The files of the tree at `root` that are or could be committed, relative, in order. Asks git; where the tree is not a
 * checkout (a source archive, the copies of check/planted-faults.mjs) it walks and leaves out what .gitignore names.
 * @param {string} root
 * @returns {string[]}
 */
export function sourceFiles(root) {
  return (fromGit(root) ?? walk(root, "")).sort();
}

function fromGit(root) {
  if (!existsSync(join(root, ".git"))) return undefined;
  const flags = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  let listed;
  try {
    listed = execFileSync("git", flags, { cwd: root, encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  } catch {
    return undefined; // no git here, or it does not trust a checkout of another user
  }
  return [...new Set(listed.split("\0"))].filter(
    (file) => file !== "" && existsSync(join(root, file)) && !file.split("/").some((part) => IGNORED.test(part)),
  );
}

function walk(root, dir) {
  return readdirSync(join(root, dir)).flatMap((name) => {
    const path = join(dir, name);
    if (IGNORED.test(name)) return [];
    const stats = lstatSync(join(root, path));
    if (stats.isDirectory()) return walk(root, path);
    return stats.isFile() ? [path] : [];
  });
}
