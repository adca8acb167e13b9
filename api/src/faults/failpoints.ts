import { AppError } from "../errors.js";
import type { FileRecords } from "../files/file-records.js";
import { StorageError } from "../storage/object-storage.js";
import type { ObjectStorage } from "../storage/object-storage.js";
import { FAILPOINTS } from "./failpoint-table.js";
import type { Failpoint, FailpointName, FailpointSite } from "./failpoint-table.js";

/**
 * Deaths on demand, for tests: `FAILPOINT=c8:exit` ends the process at crash point c8. Decorators over the two ports, so
 * that no use case knows of them; refused in production.
 */
export interface FailpointSetting {
  readonly name: FailpointName;
  readonly action: FailpointAction;
}

export type FailpointAction =
  /** SIGKILL to this process: no destructor, no answer, no last write. */
  | { readonly kind: "exit" }
  /** The call never goes on: time for a test to bring several there, and then to kill the process from outside. */
  | { readonly kind: "hold" }
  /** The port fails as if its server had gone: UNAVAILABLE, SERVICE_UNAVAILABLE. */
  | { readonly kind: "error" }
  | { readonly kind: "delay"; readonly ms: number };

const ACTIONS = "exit, hold, error, delay:<ms>";
/** An hour: longer is `hold`. */
const MAX_DELAY_MS = 3_600_000;

/** Reads `<name>:<action>[:<ms>]`. PURE. A string says what is wrong with it, and what is known. */
export function parseFailpoint(text: string): FailpointSetting | string {
  const [name = "", kind = "", ms, ...rest] = text.split(":");
  if (!isName(name)) return `there is no point "${name}". Known: ${Object.keys(FAILPOINTS).join(", ")}.`;
  if (rest.length === 0) {
    if (kind === "delay" && ms !== undefined && /^\d{1,7}$/.test(ms) && Number(ms) <= MAX_DELAY_MS)
      return { name, action: { kind, ms: Number(ms) } };
    if ((kind === "exit" || kind === "hold" || kind === "error") && ms === undefined) return { name, action: { kind } };
  }
  return `"${text.slice(name.length + 1)}" is no action. Known: ${ACTIONS}, up to ${MAX_DELAY_MS} ms.`;
}

const isName = (name: string): name is FailpointName => Object.hasOwn(FAILPOINTS, name);

/** The ports at which processes die. */
export interface FailpointPorts {
  readonly files: FileRecords;
  readonly storage: ObjectStorage;
}

export interface FailpointEffects {
  /** Gets one line for each strike, `failpoint c8: hold (2)` for the second one, before it is carried out. */
  readonly tell: (line: string) => void;
  /** Ends the process at once. */
  readonly die: () => void;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** The same parts, with one failpoint in the calls that its table names; all of them as they are for null. */
export function withFailpoint<Parts extends FailpointPorts>(
  setting: FailpointSetting | null,
  parts: Parts,
  effects: FailpointEffects,
): Parts {
  if (setting === null) return parts;
  const { sites, fromVisit = 1 }: Failpoint = FAILPOINTS[setting.name];
  let visits = 0;
  const files: FileRecords = { ...parts.files };
  const storage: ObjectStorage = { ...parts.storage };
  for (const site of sites) intercept(site.port === "files" ? files : storage, site, () => visit(site));
  return { ...parts, files, storage };

  async function visit(site: FailpointSite): Promise<void> {
    visits += 1;
    if (visits < fromVisit) return;
    const { name, action } = setting!;
    effects.tell(`failpoint ${name}: ${action.kind} (${visits - fromVisit + 1})`);
    switch (action.kind) {
      case "exit":
        effects.die();
        return forever();
      case "hold":
        return forever();
      case "error":
        throw failureOf(site, name);
      case "delay":
        await effects.sleep(action.ms);
    }
  }
}

/** A call of any port; which one it is, and what its condition takes, the table's type has checked. */
type AnyCall = (...input: unknown[]) => Promise<unknown>;

function intercept(port: object, site: FailpointSite, visit: () => Promise<void>): void {
  const calls = port as Record<string, AnyCall>;
  const call = calls[site.call]!;
  const only = (site.when === "after" ? site.only : undefined) as ((answer: unknown) => boolean) | undefined;
  calls[site.call] =
    site.when === "before"
      ? async (...input) => {
          await visit();
          return call(...input);
        }
      : async (...input) => {
          const answer = await call(...input);
          if (only === undefined || only(answer)) await visit();
          return answer;
        };
}

const forever = (): Promise<never> => new Promise(() => undefined);

/** As the port fails when its server goes away in the middle of the call. */
function failureOf(site: FailpointSite, name: FailpointName): Error {
  return site.port === "storage"
    ? new StorageError("UNAVAILABLE", site.call, `failpoint ${name}`)
    : new AppError("SERVICE_UNAVAILABLE", "The database does not answer. Try again.");
}
