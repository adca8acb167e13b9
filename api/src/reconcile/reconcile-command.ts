import { parseArgs } from "node:util";
import type { Breach, ReconcileOptions, ReconcileProgress, ReconcileReport } from "./breach.js";

/** What the words of `npm run reconcile -- …` ask for. */
export type ReconcileCommand =
  | { readonly kind: "RECONCILE"; readonly options: CommandOptions; readonly progress: boolean }
  | { readonly kind: "BRING_BACK"; readonly quarantineKey: string }
  | { readonly kind: "USAGE"; readonly why: string };

type CommandOptions = Omit<ReconcileOptions, "onBreach" | "onProgress" | "signal">;

const USAGE = `npm run reconcile -- --check | --fix | --bring-back KEY

  --check                    compares database and bucket with the invariants; changes nothing
  --fix                      mends what can be mended without guessing; never a READY file's object
  --delete-unknown N         with --fix: moves objects without a row to the quarantine and aborts such uploads,
                             when exactly N are found
  --unknown-after-hours H    leaves those alone that are younger (48)
  --purge-quarantine-older-than-days D
                             with --fix: empties the quarantine of the days before
  --bring-back KEY           copies quarantine/<date>/<key> back to where it was
  --read-back                also reads and hashes the bytes of every READY file and of those in the trash
  --settled                  nothing is under way: no grace for what sweeps are about to do
  --progress                 says on stderr how far it is, also when that is no terminal
  --json                     one object a line

Ends with 0: nothing is wrong, or all was mended; 1: breaches are left, or it could not look; 2: wrong usage;
130: interrupted.
`;

const DEFAULT_UNKNOWN_AFTER_HOURS = 48;

/** PURE. */
export function parseReconcileCommand(words: readonly string[]): ReconcileCommand {
  try {
    return read(words);
  } catch (error) {
    // parseArgs says what is wrong in its first sentence.
    return { kind: "USAGE", why: `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}` };
  }
}

function read(words: readonly string[]): ReconcileCommand {
  const { values } = parseArgs({
    args: [...words],
    options: {
      check: { type: "boolean", default: false },
      fix: { type: "boolean", default: false },
      "delete-unknown": { type: "string" },
      "unknown-after-hours": { type: "string" },
      "purge-quarantine-older-than-days": { type: "string" },
      "bring-back": { type: "string" },
      "read-back": { type: "boolean", default: false },
      settled: { type: "boolean", default: false },
      progress: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const quarantineKey = values["bring-back"];
  if ([values.check, values.fix, quarantineKey !== undefined].filter(Boolean).length !== 1)
    throw new Error("Say one of --check, --fix and --bring-back.");
  if (quarantineKey !== undefined) return { kind: "BRING_BACK", quarantineKey };

  const deleteUnknown = wholeNumber("delete-unknown", values["delete-unknown"]);
  const purgeQuarantineOlderThanDays = wholeNumber(
    "purge-quarantine-older-than-days",
    values["purge-quarantine-older-than-days"],
  );
  if (!values.fix && (deleteUnknown !== null || purgeQuarantineOlderThanDays !== null))
    throw new Error("--delete-unknown and --purge-quarantine-older-than-days need --fix: they change the bucket.");
  return {
    kind: "RECONCILE",
    progress: values.progress,
    options: {
      fix: values.fix,
      deleteUnknown,
      unknownAfterHours:
        wholeNumber("unknown-after-hours", values["unknown-after-hours"]) ?? DEFAULT_UNKNOWN_AFTER_HOURS,
      purgeQuarantineOlderThanDays,
      settled: values.settled,
      readBack: values["read-back"],
    },
  };
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} needs a whole number; it is "${text}".`);
  return Number(text);
}

export interface ReconcileTerminal {
  /** One JSON object a line in the place of sentences. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly out: (text: string) => unknown;
  readonly progress: (text: string) => unknown;
  /** Somebody watches. */
  readonly isTerminal: boolean;
}

/** The part of the app that the command works. */
interface Reconciler {
  reconcile(options: ReconcileOptions): Promise<ReconcileReport>;
  bringBack(quarantineKey: string, signal?: AbortSignal): Promise<string>;
}

/** Carries a command out and prints what it finds. @returns the exit code @throws what reconciling throws */
export async function runReconcile(
  app: Reconciler,
  command: ReconcileCommand,
  { json, signal, out, progress, isTerminal }: ReconcileTerminal,
): Promise<number> {
  const line = (value: object): unknown => out(`${JSON.stringify(value)}\n`);
  switch (command.kind) {
    case "USAGE":
      progress(command.why);
      return 2;
    case "BRING_BACK": {
      const key = await app.bringBack(command.quarantineKey, signal);
      if (json) line({ broughtBack: key });
      else out(`${key} is back.\n`);
      return 0;
    }
    case "RECONCILE": {
      const report = await app.reconcile({
        ...command.options,
        signal,
        onBreach: (breach) => (json ? line({ breach }) : out(breachText(breach))),
        ...(command.progress || isTerminal ? { onProgress: progressTeller(progress) } : {}),
      });
      if (json) line({ report });
      else out(summaryText(report));
      return report.breaches > report.fixed ? 1 : 0;
    }
  }
}

const PROGRESS_EVERY_MS = 3_000;

/** A line every few seconds, with what has been done a second since the one before. */
function progressTeller(write: (text: string) => unknown): (progress: ReconcileProgress) => void {
  let before = { at: performance.now(), rows: 0, objects: 0 };
  return ({ rows, objects, openUploads, breaches }) => {
    const at = performance.now();
    const seconds = (at - before.at) / 1000;
    if (seconds * 1000 < PROGRESS_EVERY_MS) return;
    const rate = (now: number, then: number): string => `${now} (${Math.round((now - then) / seconds)}/s)`;
    write(
      `rows ${rate(rows, before.rows)}, objects ${rate(objects, before.objects)}, ` +
        `open uploads ${openUploads}, breaches ${breaches}\n`,
    );
    before = { at, rows, objects };
  };
}

/** One breach for people. PURE. */
export function breachText({ invariant, fileUuid, key, what, mend, fixed }: Breach): string {
  const where = key ?? fileUuid;
  return `${fixed ? "fixed" : "BREACH"} ${invariant}${where === null ? "" : ` ${where}`}: ${what}\n       ${mend}\n`;
}

/** What was looked at and what is left. PURE. */
export function summaryText(report: ReconcileReport): string {
  const { rows, objects, openUploads, breaches, fixed, unknown, quarantine, byInvariant, interrupted } = report;
  const kinds = Object.entries(byInvariant).filter(([, count]) => count > 0);
  const lines = [
    `${rows} rows, ${objects} objects, ${openUploads} open uploads: ` +
      (breaches === 0
        ? "no breach"
        : `${breaches} breaches (${kinds.map(([name, count]) => `${name} ${count}`).join(", ")}), ${fixed} fixed`),
    ...(unknown > 0 ? [`${unknown} of them without a row and old enough: --fix --delete-unknown ${unknown}`] : []),
    ...(quarantine.objects + quarantine.purged > 0
      ? [`quarantine: ${quarantine.objects} objects, ${quarantine.bytes} bytes; ${quarantine.purged} purged`]
      : []),
    ...(interrupted ? ["Interrupted: not everything was looked at."] : []),
  ];
  return `${lines.join("\n")}\n`;
}
