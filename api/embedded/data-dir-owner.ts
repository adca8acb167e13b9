import { randomUUID } from "node:crypto";
import { link, mkdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedError, messageOf, systemCode } from "./embedded-error.js";
import { readIfThere } from "./kept-file.js";
import type { ProcessIdentity, ProcessState } from "./process-identity.js";
import { identifyProcess, stateOf } from "./process-identity.js";
/** Who holds a data folder: written once, in one piece, into `owner.json` inside it. */
export interface DataDirOwner extends ProcessIdentity {
  /** Random; names this one claim, so that a claim can be replaced only by somebody who has seen it. */
  token: string;
  /** ISO 8601, for people. */
  since: string;
}

/** The right to use a data folder, held until `release` or until this process ends, however it ends. */
export interface DataDirClaim {
  readonly owner: DataDirOwner;
  /** Gives the folder back. Idempotent. */
  release(): Promise<void>;
}

/** How long to wait for another process that is just now replacing a dead owner. */
const TAKEOVER_PATIENCE_MS = 2_000;

/**
 * Takes a data folder for this process; of several that try at once exactly one gets it. An owner that was killed, or
 * whose pid now belongs to another process, is replaced. The folder must exist.
 * @throws EmbeddedError `DATA_DIR_IN_USE` when a living process holds it, or when that cannot be told
 */
export async function claimDataDir(dir: string): Promise<DataDirClaim> {
  const path = ownerPath(dir);
  const owner = await describeOurselves();
  const deadline = Date.now() + TAKEOVER_PATIENCE_MS;
  for (;;) {
    const refusal = await acquire(path, owner).catch((error: unknown) => {
      throw unusable(dir, "cannot be written", error);
    });
    if (refusal === undefined) break;
    if (refusal.state === "contended" && Date.now() < deadline) await sleep(10 + Math.random() * 30);
    else throw inUse(dir, refusal);
  }
  let released: Promise<void> | undefined;
  return { owner, release: () => (released ??= giveBack(path, owner)) };
}

/** The living owner of a data folder; undefined when nobody holds it, it does not exist, or its owner is gone. */
export async function readDataDirOwner(dir: string): Promise<DataDirOwner | undefined> {
  const owner = await readOwner(ownerPath(dir));
  return owner !== undefined && (await stateOf(owner)) !== "gone" ? owner : undefined;
}

/**
 * Makes a data folder, and says so plainly when it cannot be made. Only its owner can list it; as root others may pass
 * through, since Postgres then runs as another user. An existing folder keeps its mode.
 * @throws EmbeddedError `DATA_DIR_UNUSABLE`
 */
export async function makeDataDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  } catch (error) {
    throw unusable(dir, "cannot be made", error);
  }
}

interface Refusal {
  state: ProcessState | "contended";
  holder: DataDirOwner | undefined;
}

/**
 * Puts `owner` at `path` unless somebody alive is there; undefined on success.
 *
 * A dead owner's file must not simply be unlinked: two starters could both judge it dead, and the slower one would
 * remove the claim that the faster one has just made. So the right to replace one particular dead claim is itself a
 * file, named after that claim's token and taken in this same way. Whoever holds it looks again: as long as the dead
 * claim still stands, nobody else may touch it.
 */
async function acquire(path: string, owner: DataDirOwner): Promise<Refusal | undefined> {
  const draft = `${path}.${randomUUID()}.draft`;
  await writeFile(draft, JSON.stringify(owner), { mode: 0o644, flag: "wx" });
  try {
    try {
      await link(draft, path); // unlike rename, link fails when the name is taken
      return undefined;
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
    const holder = await readOwner(path);
    if (holder === undefined) return { state: "contended", holder };
    const state = await stateOf(holder);
    if (state !== "gone") return { state, holder };

    const takeover = `${path}.${holder.token}`;
    if ((await acquire(takeover, await describeOurselves())) !== undefined) return { state: "contended", holder };
    try {
      if ((await readOwner(path))?.token !== holder.token) return { state: "contended", holder };
      await rename(draft, path);
      return undefined;
    } finally {
      await unlink(takeover).catch(ignoreMissing);
    }
  } finally {
    await unlink(draft).catch(ignoreMissing);
  }
}

async function giveBack(path: string, owner: DataDirOwner): Promise<void> {
  if ((await readOwner(path))?.token === owner.token) await unlink(path).catch(ignoreMissing);
}

async function readOwner(path: string): Promise<DataDirOwner | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return parseOwner(JSON.parse(text));
  } catch {
    // Our own writes are whole; a torn file is what a full disk or an editor leaves. Nobody can prove to live there.
    return { token: "unreadable", pid: 0, startedAt: "", bootId: "", pidNamespace: "", since: "" };
  }
}

function parseOwner(value: unknown): DataDirOwner {
  const { token, pid, startedAt, bootId, pidNamespace, since } = value as Record<keyof DataDirOwner, unknown>;
  if (typeof token !== "string" || !/^[0-9a-f-]{36}$/.test(token) || typeof pid !== "number")
    throw new TypeError("not an owner");
  return {
    token,
    pid,
    startedAt: String(startedAt),
    bootId: String(bootId),
    pidNamespace: String(pidNamespace),
    since: String(since),
  };
}

async function describeOurselves(): Promise<DataDirOwner> {
  const identity = await identifyProcess(process.pid);
  const unknown: ProcessIdentity = { pid: process.pid, startedAt: "", bootId: "", pidNamespace: "" };
  return { ...(identity ?? unknown), token: randomUUID(), since: new Date().toISOString() };
}

function ownerPath(dir: string): string {
  return join(dir, "owner.json");
}

function inUse(dir: string, { state, holder }: Refusal): EmbeddedError {
  const what = `The data folder ${dir} is in use, so nothing was started and nothing was changed.`;
  if (holder === undefined || state === "contended") {
    return new EmbeddedError("DATA_DIR_IN_USE", {
      what,
      why: "Another process is just taking it.",
      mend: "Wait for that one, or set DATA_DIR to another folder.",
    });
  }
  if (state === "unknown") {
    return new EmbeddedError("DATA_DIR_IN_USE", {
      what,
      why: `It was taken at ${holder.since} inside another container of this machine, and whether that one still runs cannot be told from here.`,
      mend: `Stop it there; if it is certainly gone, remove ${ownerPath(dir)}. Or set DATA_DIR to another folder.`,
    });
  }
  const who = holder.pid === process.pid ? "This very process" : `Process ${holder.pid}`;
  return new EmbeddedError("DATA_DIR_IN_USE", {
    what,
    why: `${who} has held it since ${holder.since}.`,
    mend: `Stop that one first (Ctrl-C in its terminal, or kill ${holder.pid}), or set DATA_DIR to another folder.`,
  });
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error;
}

function unusable(dir: string, what: string, cause: unknown): EmbeddedError {
  return new EmbeddedError(
    "DATA_DIR_UNUSABLE",
    {
      what: `The data folder ${dir} ${what}.`,
      why: `The system says: ${messageOf(cause)}.`,
      mend: "Mend its permissions, or set DATA_DIR to a folder that you may write.",
    },
    { cause },
  );
}
