import { execFile } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, chown, lstat, mkdir, open, readdir, realpath, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { EmbeddedError, messageOf, systemCode } from "./embedded-error.js";
import { makeDataDir } from "./data-dir-owner.js";
import { keepFile, readIfThere } from "./kept-file.js";
import type { PostgresBinaries, ServerUser } from "./postgres-binaries.js";
import { SERVER_ENVIRONMENT, canEnter } from "./postgres-binaries.js";

/** Where one cluster lives, and the two passwords that open it. */
export interface PostgresData {
  /** The folder around the cluster; a claim on it is a claim on the data, wherever a pointer came from. */
  home: string;
  /** The cluster itself (PGDATA). May not exist yet. */
  cluster: string;
  user: ServerUser | undefined;
}

/** Both random, kept in `credentials.json`, mode 600. */
export interface PostgresCredentials {
  /** Of the superuser `postgres`, for the launcher only. */
  admin: string;
  /** Of the role `signet`, which owns the database `signet` and may create others. */
  app: string;
}

const run = promisify(execFile);
const POINTER = "location";
const INIT_PREFIX = "init-";

/**
 * Finds, or chooses, the place of the cluster that belongs to `dataDir`: `dataDir/data`; or, when we are root and the
 * user that the server runs as cannot enter `dataDir`, a folder under /var/tmp that `dataDir/location` points to.
 * A cluster that exists is run by the user who owns it.
 * @throws EmbeddedError `DATA_DIR_UNUSABLE`; `DATA_MISSING` when the pointer leads nowhere
 */
export async function locateData(
  dataDir: string,
  user: ServerUser | undefined,
  say: (line: string) => void,
): Promise<PostgresData> {
  await makeDataDir(dataDir);
  const pointer = join(dataDir, POINTER);
  const pointed = await readIfThere(pointer);
  if (pointed !== undefined) {
    const home = pointed.trim();
    if ((await statIfThere(home)) === undefined) throw missing(pointer, home);
    say(`The database of ${dataDir} lives in ${home}.`);
    return withOwner(home, user);
  }
  const inside = await withOwner(await realpath(dataDir), user);
  if (await canEnter(dataDir, inside.user)) return inside;
  if ((await statIfThere(inside.cluster)) !== undefined) throw shutAway(dataDir);

  const home = await makeOutside(dataDir, inside.user);
  await writeFile(pointer, `${home}\n`, { mode: 0o600 });
  say(
    `Postgres does not run as root, and the user it runs as cannot enter ${dataDir}: ` +
      `its data is kept in ${home} (${pointer} says so). It stays there between starts; delete both together.`,
  );
  return withOwner(home, inside.user);
}

/**
 * Makes the cluster unless it is there. It is made aside and renamed into place, so that a half-made one never counts;
 * what earlier attempts left is removed. The caller holds the claim on `data.home`.
 * @throws EmbeddedError `DATA_VERSION` for another major version, `DATA_DIR_UNUSABLE` for a folder that is no cluster,
 *   `START_FAILED` when initdb fails
 */
export async function ensureCluster(
  data: PostgresData,
  binaries: PostgresBinaries,
  credentials: PostgresCredentials,
  { durable }: { durable: boolean },
): Promise<void> {
  for (const name of await readdir(data.home)) {
    if (name.startsWith(INIT_PREFIX)) await rm(join(data.home, name), { recursive: true, force: true, maxRetries: 5 });
  }
  if (await clusterExists(data, binaries)) return;

  const workshop = join(data.home, `${INIT_PREFIX}${randomUUID()}`);
  const fresh = join(workshop, "data");
  const passwordFile = join(workshop, "password");
  await mkdir(workshop, { mode: 0o700 });
  try {
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordFile, credentials.admin, { mode: 0o600 });
    if (data.user !== undefined) {
      for (const path of [passwordFile, fresh, workshop]) await chown(path, data.user.uid, data.user.gid);
    }
    // A locale that is built into Postgres sorts and compares the same on every machine.
    const locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
    const access = ["-U", "postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    const rest = ["--no-instructions", ...(durable ? [] : ["--no-sync"])];
    await run(binaries.initdb, ["-D", fresh, ...access, ...locale, ...rest], {
      ...data.user,
      cwd: process.platform === "win32" ? data.home : "/",
      env: SERVER_ENVIRONMENT,
      maxBuffer: 16 * 2 ** 20,
    });
    await rename(fresh, data.cluster);
    if (durable) await syncFolder(data.home);
  } catch (cause) {
    throw initFailed(data, cause);
  } finally {
    await rm(workshop, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * The passwords of this data folder, minted on first use.
 * @throws EmbeddedError `DATA_DIR_UNUSABLE` when the file is unreadable, or is gone while the cluster is there
 */
export async function keepCredentials(data: PostgresData): Promise<PostgresCredentials> {
  const path = join(data.home, "credentials.json");
  try {
    if ((await statIfThere(data.cluster)) !== undefined && (await statIfThere(path)) === undefined) {
      throw new TypeError("it is gone, while the data is there");
    }
    const { admin, app } = JSON.parse(await keepFile(path, mintCredentials)) as Record<
      keyof PostgresCredentials,
      unknown
    >;
    if (typeof admin === "string" && typeof app === "string") return { admin, app };
    throw new TypeError("it does not hold two passwords");
  } catch (cause) {
    throw new EmbeddedError(
      "DATA_DIR_UNUSABLE",
      {
        what: `The passwords of the embedded Postgres cannot be read from ${path}.`,
        why: `The reason: ${messageOf(cause)}.`,
        mend: "Put the file back, or start as the user who made it; to begin with an empty database, move the whole folder away.",
      },
      { cause },
    );
  }
}

function mintCredentials(): string {
  const mintPassword = (): string => randomBytes(24).toString("base64url");
  return JSON.stringify({ admin: mintPassword(), app: mintPassword() } satisfies PostgresCredentials);
}

async function clusterExists({ home, cluster }: PostgresData, binaries: PostgresBinaries): Promise<boolean> {
  const stats = await statIfThere(cluster);
  if (stats === undefined) return false;
  const version = await readIfThere(join(cluster, "PG_VERSION")).catch(() => "");
  if (version === undefined || version === "") {
    const removed = await rmdir(cluster).then(
      () => true, // it was empty
      () => false,
    );
    if (removed) return false;
    throw notACluster(cluster, version === undefined);
  }
  if (Number.parseInt(version, 10) === binaries.majorVersion) return true;
  throw new EmbeddedError("DATA_VERSION", {
    what: `The data in ${home} was written by Postgres ${version.trim()}; this program brings Postgres ${binaries.majorVersion}.`,
    why: "One major version of Postgres cannot read the data of another. Nothing was changed or deleted.",
    mend: `To keep the data, dump it with the version that wrote it and load it into a new folder; to begin empty, move ${home} away or set DATA_DIR to another folder.`,
  });
}

async function withOwner(home: string, user: ServerUser | undefined): Promise<PostgresData> {
  const cluster = join(home, "data");
  if (user === undefined) return { home, cluster, user };
  const stats = await statIfThere(cluster);
  const owned = stats !== undefined && stats.uid !== 0;
  return { home, cluster, user: owned ? { uid: stats.uid, gid: stats.gid } : user };
}

/** Its name follows from that of `dataDir`, but in a folder that anybody may write a name proves nothing: look at the owner. */
async function makeOutside(dataDir: string, user: ServerUser | undefined): Promise<string> {
  const hash = createHash("sha256")
    .update(await realpath(dataDir))
    .digest("hex")
    .slice(0, 16);
  const home = `/var/tmp/signet-${hash}`;
  await mkdir(home).then(
    () => chmod(home, 0o711), // whatever our umask is
    (error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
    },
  );
  const stats = await lstat(home);
  if (stats.isDirectory() && stats.uid === 0 && (stats.mode & 0o022) === 0) {
    if (await canEnter(home, user)) return home;
  }
  throw new EmbeddedError("DATA_DIR_UNUSABLE", {
    what: `The embedded Postgres found no place for its data.`,
    why: `The user it runs as cannot enter ${dataDir}, and ${home}, which would be used instead, was made by somebody else or is shut.`,
    mend: "Set DATA_DIR to a folder that every user may enter, or remove that one.",
  });
}

function missing(pointer: string, home: string): EmbeddedError {
  return new EmbeddedError("DATA_MISSING", {
    what: `The database that belongs here was kept in ${home}, and is gone.`,
    why: `${pointer} points there; perhaps a temp cleaner removed it.`,
    mend: `Put it back; or, to begin with an empty database, remove ${pointer} (files in the store then have no rows).`,
  });
}

function shutAway(dataDir: string): EmbeddedError {
  return new EmbeddedError("DATA_DIR_UNUSABLE", {
    what: `The database in ${dataDir} cannot be reached by the user that Postgres runs as.`,
    why: "Postgres does not run as root, and a folder on the way there is shut to others.",
    mend: `Open the way (chmod o+x on the folders above ${dataDir}), or start as the user who owns the data.`,
  });
}

function notACluster(cluster: string, readable: boolean): EmbeddedError {
  return new EmbeddedError("DATA_DIR_UNUSABLE", {
    what: `${cluster} cannot be used as a database.`,
    why: readable ? "It is not empty and is not the data of a Postgres." : "It belongs to another user.",
    mend: "Nothing was deleted: start as its owner, move it away, or set DATA_DIR to another folder.",
  });
}

function initFailed({ home }: PostgresData, cause: unknown): EmbeddedError {
  const words =
    typeof cause === "object" && cause !== null && "stderr" in cause ? String(cause.stderr).trim() : messageOf(cause);
  return new EmbeddedError(
    "START_FAILED",
    {
      what: `No database could be made in ${home}.`,
      why: `initdb says: ${words.split("\n").slice(-4).join(" / ")}.`,
      mend: "Mend that (space and permissions are the usual reasons), or set DATABASE_URL to a Postgres that runs already.",
    },
    { cause },
  );
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be synced there
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
}
