const UNITS = ["kB", "MB", "GB", "TB", "PB"] as const;

/** "84 kB", "3.1 MB", "5.4 GB": decimal units, as disks and file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be written 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0).replace(/\.0$/, "")} ${UNITS[unit]}`;
}

/** Whole percent, rounded down: 100 only when it is all. */
export function percentOf(part: number, whole: number): number {
  if (whole === 0) return 100;
  return Math.max(0, Math.min(100, Math.floor((part / whole) * 100)));
}
