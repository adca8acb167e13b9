import { parseArgs } from "node:util";
import { leastPrivileges } from "./bucket-policies.js";
import type { SetupStep } from "./bucket-setup.js";
import type { Examined, Report } from "./doctor/doctor.js";
import { StorageError } from "./object-storage.js";

/** What the words of `npm run storage -- …` ask for. */
export type StorageCommand =
  | { readonly kind: "SETUP"; readonly dryRun: boolean }
  | { readonly kind: "DOCTOR"; readonly quick: boolean }
  | { readonly kind: "USAGE"; readonly why: string };

const USAGE = `npm run storage -- setup | doctor

  setup                      makes the bucket when it is missing and sets it up: CORS, stale uploads, no public
                             access; leaves rules of others alone; prints the least that each key needs. Repeatable
  setup --dry-run            says what it would do
  doctor                     attacks the bucket as a thief of URLs would, and says what holds. Writes below
                             f/doctor-… and removes what it wrote
  doctor --quick             only what each start asks
  --json                     one object

Ends with 0: all is well; 1 to 100: how many musts (or steps) failed; 2: wrong usage; 69: the store does not answer;
130: interrupted.
`;

/** EX_UNAVAILABLE of sysexits.h: no verdict. */
const EXIT_UNAVAILABLE = 69;
const MAX_EXIT = 100;

/** PURE. */
export function parseStorageCommand(words: readonly string[]): StorageCommand {
  const usage = (why: string): StorageCommand => ({ kind: "USAGE", why: `${why}\n\n${USAGE}` });
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        "dry-run": { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const [name, ...rest] = positionals;
    if (rest.length > 0) return usage(`Unknown ${rest[0]}.`);
    if (name === "setup" && !values.quick) return { kind: "SETUP", dryRun: values["dry-run"] };
    if (name === "doctor" && !values["dry-run"]) return { kind: "DOCTOR", quick: values.quick };
    return usage(name === undefined ? "What is to be done?" : `Unknown ${name}, or an option that it does not have.`);
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

export interface StorageCommandDeps {
  readonly bucket: string;
  readonly endpoint: string;
  readonly setup: (input: { dryRun: boolean; onStep: (step: SetupStep) => void }) => Promise<readonly SetupStep[]>;
  /** `note`: what became of the record in the database. */
  readonly examine: (input: {
    quick: boolean;
    onAsked: (done: number, of: number) => void;
  }) => Promise<Report & { readonly note: string }>;
}

export interface StorageCommandIo {
  readonly json: boolean;
  readonly out: (text: string) => void;
  readonly complain: (text: string) => void;
  /** For a terminal only: it begins at the line's start again and again. */
  readonly progress: (text: string) => void;
  /** Of stdout: marks may be coloured. */
  readonly isTerminal: boolean;
}

/** Runs a command; answers the exit code. */
export async function runStorageCommand(
  deps: StorageCommandDeps,
  command: Exclude<StorageCommand, { kind: "USAGE" }>,
  io: StorageCommandIo,
): Promise<number> {
  try {
    return command.kind === "SETUP" ? await setup(deps, command, io) : await doctor(deps, command, io);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const why = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "";
    io.complain(`The store at ${deps.endpoint} does not answer (${why}). That is no verdict: try again.\n`);
    return EXIT_UNAVAILABLE;
  }
}

/** There was no answer, or none that says anything. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof StorageError) return error.kind === "UNAVAILABLE";
  const { $metadata, syscall, code } = error as {
    $metadata?: { httpStatusCode?: number };
    syscall?: string;
    code?: string;
  };
  return $metadata !== undefined
    ? ($metadata.httpStatusCode ?? 500) >= 500
    : syscall !== undefined || code !== undefined;
}

async function setup(deps: StorageCommandDeps, { dryRun }: { dryRun: boolean }, io: StorageCommandIo): Promise<number> {
  const word: Readonly<Record<SetupStep["outcome"], string>> = {
    DONE: "done",
    ALREADY: "already so",
    UNSUPPORTED: "not known to this store",
    FAILED: "FAILED",
    WOULD_DO: "would be done",
  };
  const line = ({ what, outcome, detail }: SetupStep): string => `  ${what.padEnd(14)} ${word[outcome]}: ${detail}\n`;
  if (!io.json) io.out(`${deps.bucket} at ${deps.endpoint}\n\n`);
  const steps = await deps.setup({ dryRun, onStep: (step) => (io.json ? undefined : io.out(line(step))) });
  const principals = leastPrivileges(deps.bucket);
  if (io.json) io.out(`${JSON.stringify({ steps, principals })}\n`);
  else
    io.out(
      principals
        .map(
          ({ name, why, setting, policy }) =>
            `\nThe ${name} (${setting}) ${why}. The least that its key needs:\n\n${JSON.stringify(policy, null, 2)}\n`,
        )
        .join("") + "\nNow try it: npm run storage -- doctor\n",
    );
  return Math.min(steps.filter(({ outcome }) => outcome === "FAILED").length, MAX_EXIT);
}

async function doctor(deps: StorageCommandDeps, { quick }: { quick: boolean }, io: StorageCommandIo): Promise<number> {
  const report = await deps.examine({
    quick,
    onAsked: (done, of) => io.progress(`\r${done} of ${of} probes${done === of ? "\n" : ""}`),
  });
  const { examined, failedMusts, capabilities, leftBehind, note } = report;
  if (io.json) {
    const probes = examined.map(({ probe: { id, level, proves, mend }, finding }) => ({
      id,
      level,
      ...finding,
      proves,
      mend,
    }));
    io.out(
      `${JSON.stringify({ bucket: deps.bucket, endpoint: deps.endpoint, probes, capabilities, leftBehind, note })}\n`,
    );
  } else {
    io.out(`${deps.bucket} at ${deps.endpoint}\n\n${table(examined, io.isTerminal)}\n`);
    io.out(
      failedMusts.length === 0
        ? "Nothing that must hold failed.\n"
        : `${failedMusts.length} of what must hold failed: files are not safe in this bucket.\n`,
    );
    if (leftBehind > 0) io.out(`${leftBehind} objects or uploads below f/doctor-… could not be removed.\n`);
    io.out(`${note}\n`);
  }
  return Math.min(failedMusts.length, MAX_EXIT);
}

const MARKS: Readonly<Record<Examined["finding"]["verdict"], { readonly text: string; readonly colour: number }>> = {
  PASS: { text: "ok", colour: 32 },
  FAIL: { text: "FAILED", colour: 31 },
  TOLD: { text: "–", colour: 0 },
  NOT_RUN: { text: "not run", colour: 33 },
};

/** One line a probe, and under each that failed what it means. */
function table(examined: readonly Examined[], inColour: boolean): string {
  const width = Math.max(...examined.map(({ probe }) => probe.id.length));
  return examined
    .map(({ probe: { id, level, proves, mend }, finding: { verdict, seen } }) => {
      const { text, colour } = MARKS[verdict];
      const mark = inColour && colour > 0 ? `\u001b[${colour}m${text.padEnd(7)}\u001b[0m` : text.padEnd(7);
      const line = `${level.padEnd(6)} ${mark} ${id.padEnd(width)}  ${seen}\n`;
      return verdict === "FAIL" ? `${line}${" ".repeat(15)}Should be: ${proves}\n${" ".repeat(15)}${mend}\n` : line;
    })
    .join("");
}
