import { randomUUID } from "node:crypto";
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { systemCode } from "./embedded-error.js";

/** The text of a file; undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
}

/**
 * The text of a file that is written once and then kept, mode 600: passwords, keys, secrets. Of several processes that
 * come first at once, one writes and all get the same text; a torn or half-written file is never seen.
 */
export async function keepFile(path: string, mint: () => string): Promise<string> {
  const kept = await readIfThere(path);
  if (kept !== undefined) return kept;
  const draft = `${path}.${randomUUID()}.draft`;
  await writeFile(draft, mint(), { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(draft, path); // unlike rename, link fails when the name is taken
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(path, "utf8");
}

/** Replaces a file in one step, mode 600: a reader sees the old text or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  await writeFile(draft, text, { mode: 0o600, flag: "wx" });
  await rename(draft, path);
}
