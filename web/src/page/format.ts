/** Numbers, times and kinds as people read them. PURE; words come from messages.ts. */

const UNITS = ["kB", "MB", "GB", "TB", "PB"] as const;

/** "84 kB", "3.1 MB", "5.4 GB": decimal units, as disks and file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be written 1,000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toLocaleString("en", { maximumFractionDigits: value < 99.95 ? 1 : 0 })} ${UNITS[unit]}`;
}

/** "1,240". */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** Whole percent, 100 only when it is all. */
export function percentOf(part: number, whole: number): number {
  if (whole === 0) return part === 0 ? 0 : 100;
  return part >= whole ? 100 : Math.min(99, Math.floor((part / whole) * 100));
}

/** For what is left and for what lasts: "a few seconds", "about 40 s", "about 4 min", "about 2 h", "about 7 days". */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 55 * 60) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 48 * 3600) return `about ${Math.max(1, Math.round(seconds / 3600))} h`;
  return `about ${Math.round(seconds / 86_400)} days`;
}

/** The same to be heard: "about 2 minutes" rather than "about 2 min". */
export function spokenDuration(seconds: number): string {
  const [, count, unit] = /(\d+) (s|min|h)$/.exec(formatDuration(seconds)) ?? [];
  if (count === undefined || unit === undefined) return formatDuration(seconds);
  const name = { s: "second", min: "minute", h: "hour" }[unit] ?? unit;
  return `about ${count} ${name}${count === "1" ? "" : "s"}`;
}

/** "just now", "2 min ago", "today 14:02", "yesterday", "3 Nov", "3 Nov 2024", in the reader's time zone. */
export function formatWhen(iso: string, now: Date): string {
  const then = new Date(iso);
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (then >= midnight) return `today ${then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
  if (then >= new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - 1)) return "yesterday";
  const year = then.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year });
}

/** What stands on a file's tile: its extension, if it has a short one. */
export function kindOf(filename: string): string {
  return (/\.([a-z0-9]{1,4})$/i.exec(filename)?.[1] ?? "file").toUpperCase();
}
