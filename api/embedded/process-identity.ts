import { execFile } from "node:child_process";
import { readFile, readdir, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { systemCode } from "./embedded-error.js";

/**
 * One process, told apart from a later one that was given the same pid.
 * Fields that the platform cannot tell are empty strings and are then not compared.
 */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the platform's own words. Linux: clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
  startedAt: string;
  /** Linux: the boot that `startedAt` counts from. */
  bootId: string;
  /** Linux: pids only mean something within one namespace, and a data folder can be shared between containers. */
  pidNamespace: string;
}

/** `unknown`: it was started in another pid namespace of this machine, so its pid says nothing here. */
export type ProcessState = "running" | "gone" | "unknown";

const run = promisify(execFile);

/** The identity of the process `pid`; undefined when no such process runs (a zombie does not run). */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!pidExists(pid)) return undefined;
  if (process.platform === "linux") return identifyOnLinux(pid);
  if (process.platform === "win32") return { pid, startedAt: "", bootId: "", pidNamespace: "" };
  const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  const [state = "", ...startedAt] = stdout.trim().split(/\s+/);
  if (state === "" || state.startsWith("Z")) return undefined;
  return { pid, startedAt: startedAt.join(" "), bootId: "", pidNamespace: "" };
}

/** Whether the very process that was identified still runs; a successor with the same pid does not count. */
export async function stateOf(identity: ProcessIdentity): Promise<ProcessState> {
  if (process.platform === "linux") {
    const [bootId, pidNamespace] = await Promise.all([currentBootId(), currentPidNamespace()]);
    if (differ(identity.bootId, bootId)) return "gone";
    if (differ(identity.pidNamespace, pidNamespace)) return "unknown";
  }
  const now = await identifyProcess(identity.pid);
  return now === undefined || differ(now.startedAt, identity.startedAt) ? "gone" : "running";
}

/**
 * The processes that work in a folder. Empty where this cannot be told: outside Linux, and for processes of others
 * unless we are root.
 */
export async function processesWorkingIn(dir: string): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_, index) => places[index] === dir).map(Number);
}

/** The arguments that a running process was started with; empty when they cannot be read. */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.replaceAll("\0", " ").trim();
  }
  if (process.platform === "win32") return "";
  const { stdout } = await run("ps", ["-ww", "-o", "args=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim();
}

async function identifyOnLinux(pid: number): Promise<ProcessIdentity | undefined> {
  const [stat, bootId, pidNamespace] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
    currentBootId(),
    currentPidNamespace(),
  ]);
  // The command's name, in parentheses, may itself hold blanks and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = ""] = fields;
  if (state === "Z" || state === "X") return undefined;
  return { pid, startedAt: fields[19] ?? "", bootId, pidNamespace };
}

/** Whether the system knows this pid, be it only a zombie that nobody has waited for. */
export function pidExists(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM"; // it exists and belongs to somebody else
  }
}

async function currentBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}

async function currentPidNamespace(): Promise<string> {
  return readlink("/proc/self/ns/pid").catch(() => "");
}

function differ(one: string, other: string): boolean {
  return one !== "" && other !== "" && one !== other;
}
