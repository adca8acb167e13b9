import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Of util-linux: runs a program on one core, or moves one there. */
export const TASKSET = "taskset";

/** Which core does what, so that whoever measures does not take time from what is measured. */
export interface Cores {
  /** One sentence for whoever reads the figures. */
  readonly method: string;
  /** Core of the service and of all that it stands on; null: cannot be pinned here. */
  readonly service: number | null;
  /** Core of the load. */
  readonly load: number | null;
}

/** Two cores of this machine where there are two and `taskset` is there. */
export function chooseCores(): Cores {
  if (availableParallelism() < 2) return { method: "one core for all, not pinned", service: null, load: null };
  try {
    execFileSync(TASKSET, ["-cp", String(process.pid)], { stdio: "ignore" });
  } catch {
    return { method: "not pinned: there is no taskset", service: null, load: null };
  }
  return { method: "service, Postgres and store on core 0; load on core 1 (taskset)", service: 0, load: 1 };
}

/** Binds this process, all its threads, and the processes that it will start. Nothing for null. */
export function pinThisProcess(core: number | null): void {
  if (core !== null) execFileSync(TASKSET, ["-acp", String(core), String(process.pid)], { stdio: "ignore" });
}

/** Gives this process all cores back. */
export function unpinThisProcess(): void {
  execFileSync(TASKSET, ["-acp", `0-${availableParallelism() - 1}`, String(process.pid)], { stdio: "ignore" });
}
