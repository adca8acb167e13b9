import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Facts that outlive the command: what was begun and can be gone on with. Never a URL and never a token. */
export interface StateFolder {
  /** The facts that were kept under `key`; undefined when there are none, or none that can be read. */
  get(key: readonly string[]): Promise<Readonly<Record<string, string>> | undefined>;
  /** Keeps facts, in place of earlier ones. */
  set(key: readonly string[], facts: Readonly<Record<string, string>>): Promise<void>;
  remove(key: readonly string[]): Promise<void>;
}

/** Longer than any server keeps an unfinished upload. */
const KEEP_MS = 30 * 86_400_000;

/**
 * A file for each key, named by its hash: two commands at once never write the same one, and names and paths are not in it.
 * The folder is made when something is kept; it and its files are its owner's alone. What is 30 days old goes.
 */
export function createStateFolder(folder: string): StateFolder {
  const fileOf = (key: readonly string[]): string =>
    join(folder, `${createHash("sha256").update(key.join("\0")).digest("hex")}.json`);
  let swept = false;

  return {
    async get(key) {
      try {
        const facts: unknown = JSON.parse(await readFile(fileOf(key), "utf8"));
        return isFacts(facts) ? facts : undefined;
      } catch {
        return undefined;
      }
    },
    async set(key, facts) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = fileOf(key);
      const next = `${file}.${randomBytes(4).toString("hex")}`;
      await writeFile(next, `${JSON.stringify(facts)}\n`, { mode: 0o600, flag: "wx" });
      await rename(next, file);
      if (swept) return;
      swept = true;
      await removeOld(folder);
    },
    remove: (key) => rm(fileOf(key), { force: true }),
  };
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const at = await stat(file).catch(() => undefined); // another command may have removed it
    if (at !== undefined && Date.now() - at.mtimeMs > KEEP_MS) await rm(file, { force: true });
  }
}

function isFacts(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((fact) => typeof fact === "string");
}
