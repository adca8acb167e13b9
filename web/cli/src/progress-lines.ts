import { formatBytes, percentOf } from "./file-size.js";
import { printable } from "./terminal.js";

/** What a line says of one transfer. */
export interface TransferState {
  readonly name: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond?: number | undefined;
  /** What it does instead of moving bytes: "waiting for the connection". */
  readonly note?: string | undefined;
}

/** How much room there is. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

const BAR = { least: 6, most: 30 };
/** A name that is longer is cut in its middle, so that its extension stays. */
const NAME = { least: 10, most: 34 };
/** "100 %  123.4 MB/s  a few seconds": kept free behind each bar, so that bars stand below each other. */
const FACTS_COLUMNS = 33;

/**
 * One line a transfer and one for all of them together. Lines fit the terminal: of too many transfers the first are
 * shown, and a narrow terminal gets no bar.
 */
export function progressLines(transfers: readonly TransferState[], total: TransferState, room: Room): string[] {
  const most = Math.max(1, room.rows - 3);
  const lines = transfers.slice(0, most).map((transfer) => progressLine(transfer, room));
  if (transfers.length > most) lines.push(`  … and ${transfers.length - most} more`);
  return [...lines, progressLine(total, room)];
}

/** "holiday.mov  [=====>    ]  52 %  12.4 MB/s  about 40 s". */
export function progressLine(transfer: TransferState, { columns, colour }: Room): string {
  const { name, doneBytes, totalBytes, bytesPerSecond, note } = transfer;
  const percent = percentOf(doneBytes, totalBytes);
  const left = bytesPerSecond ? (totalBytes - doneBytes) / bytesPerSecond : undefined;
  const facts = [
    `${String(percent).padStart(3)} %`,
    note ?? (bytesPerSecond === undefined ? "" : `${formatBytes(Math.round(bytesPerSecond))}/s`),
    note !== undefined || left === undefined ? "" : timeLeft(left),
  ].filter(Boolean);
  const usable = columns - 1;
  const nameColumns = Math.max(NAME.least, Math.min(NAME.most, Math.floor(usable / 3)));
  const barColumns = Math.min(BAR.most, usable - nameColumns - FACTS_COLUMNS - 6);
  const label = shorten(printable(name), nameColumns).padEnd(nameColumns);
  const middle = barColumns < BAR.least ? "" : `  ${bar(percent, barColumns, colour)}`;
  // The bar's colours take no columns.
  const room = usable - nameColumns - (middle === "" ? 0 : barColumns + 4) - 2;
  while (facts.length > 1 && facts.join("  ").length > room) facts.pop();
  return `${label}${middle}  ${facts.join("  ")}`;
}

function bar(percent: number, columns: number, colour: boolean): string {
  const filled = Math.floor((percent / 100) * columns);
  const done = filled === columns ? "=".repeat(columns) : `${"=".repeat(filled)}>`;
  const rest = " ".repeat(Math.max(0, columns - done.length));
  return colour ? `[\x1b[32m${done}\x1b[0m${rest}]` : `[${done}${rest}]`;
}

/** "a few seconds", "40 s", "4 min", "2 h". */
function timeLeft(seconds: number): string {
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `${Math.round(seconds / 5) * 5} s`;
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))} min`;
  return `${Math.max(1, Math.round(seconds / 3600))} h`;
}

function shorten(text: string, columns: number): string {
  const letters = [...text];
  if (letters.length <= columns) return text;
  const tail = Math.floor((columns - 1) / 2);
  return `${letters.slice(0, columns - 1 - tail).join("")}…${letters.slice(letters.length - tail).join("")}`;
}
