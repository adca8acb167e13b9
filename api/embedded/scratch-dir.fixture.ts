import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canEnter, chooseServerUser } from "./postgres-binaries.js";

/**
 * A new temp folder for a test's servers; the caller removes it. Every user may pass through it: `mkdtemp` alone makes
 * one that only its maker can enter, and as root an embedded Postgres would then keep its data elsewhere, to stay there.
 */
export async function makeScratchDir(name: string): Promise<string> {
  const parent = (await canEnter(tmpdir(), await chooseServerUser())) ? tmpdir() : "/tmp";
  const dir = await mkdtemp(join(parent, `signet-${name}-`));
  await chmod(dir, 0o711);
  return dir;
}
