import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

const LOCK_FILE = "lock";

/**
 * Claims a data directory for this process: two stores over one directory would not see each other's commits.
 * A lock whose process is gone (kill -9) is taken over.
 * @returns releases the claim
 * @throws Error when a living process holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, LOCK_FILE);
  const mine = `${process.pid} ${await startOf(process.pid)}`;
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const handle = await open(path, "wx");
      await handle.writeFile(mine);
      await handle.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await readFile(path, "utf8").catch(() => "");
    const pid = Number.parseInt(holder, 10);
    if (isAlive(pid) && holder === `${pid} ${await startOf(pid)}`)
      throw new Error(`${directory} is in use by another embedded S3 store (process ${pid})`);
    await rm(path, { force: true });
  }
  throw new Error(`${directory} could not be locked`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process began, in the kernel's ticks, so that a reused process id is not taken for the old holder; empty where /proc is missing. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The command name, in parentheses, may hold blanks; starttime is the 22nd field, the 20th behind it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
