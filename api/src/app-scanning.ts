import type { ClamavConfig, Config } from "./config.js";
import { createClamd } from "./content/clamd.js";
import { createMalwareScanner } from "./content/malware-scanner.js";
import type { MalwareScanner, ScannerChange } from "./content/malware-scanner.js";
import type { Scanning } from "./uploads/malware-scan.js";

const SCANS_AT_ONCE = 4;
const SCANNER_CONNECT_MS = 2_000;

/** The scanner, and what use cases ask of it; both null where contents are not scanned. */
export interface AppScanning {
  readonly scanner: MalwareScanner | null;
  readonly scanning: Scanning | null;
  /** What no scanner takes is better refused before it is sent. */
  readonly maxFileSizeBytes: number;
}

/** @param onChange told when clamd goes and when it is back */
export function createScanning(
  { clamav, scan, limits }: Pick<Config, "clamav" | "scan" | "limits">,
  onChange: (change: ScannerChange) => void,
): AppScanning {
  const { maxFileSizeBytes } = limits;
  if (clamav === null) return { scanner: null, scanning: null, maxFileSizeBytes };
  const scanner = scannerAt(clamav, scan.timeoutSeconds, onChange);
  return scan.largerFiles === "SERVE"
    ? { scanner, scanning: { scanner, maxSizeBytes: scan.maxSizeBytes }, maxFileSizeBytes }
    : {
        ...{ scanner, scanning: { scanner, maxSizeBytes: Infinity } },
        maxFileSizeBytes: Math.min(maxFileSizeBytes, scan.maxSizeBytes),
      };
}

function scannerAt(
  address: ClamavConfig,
  silenceSeconds: number,
  onChange: (change: ScannerChange) => void,
): MalwareScanner {
  const clamd = createClamd({ address, connectTimeoutMs: SCANNER_CONNECT_MS, silenceMs: silenceSeconds * 1000 });
  return createMalwareScanner({ clamd, scansAtOnce: SCANS_AT_ONCE, onChange });
}
