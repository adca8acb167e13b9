/** The thread that reads hostile bytes. It answers one message with one message and knows nothing else. */

import { parentPort } from "node:worker_threads";
import { fileTypeFromBuffer } from "file-type";

/** What the thread says: first READY, then one answer for each sample. */
export type DetectorMessage = "READY" | { mime: string | null } | "FAILED";

if (parentPort === null) throw new Error("type-detector.worker.js runs as a worker thread only");
const port = parentPort;

function say(message: DetectorMessage): void {
  port.postMessage(message);
}

port.on("message", (sample: Uint8Array) => {
  fileTypeFromBuffer(sample).then(
    (found) => say({ mime: found === undefined || isUtf16Text(sample, found.mime) ? null : found.mime }),
    () => say("FAILED"),
  );
});

/**
 * UTF-16's byte order mark looks like the first two bytes of a frame of MPEG layer I, which nobody makes any more: what
 * Windows saves as "Unicode" is text.
 */
function isUtf16Text(sample: Uint8Array, mime: string): boolean {
  return mime === "audio/mpeg" && sample[0] === 0xff && sample[1] === 0xfe;
}

/** A first run compiles the detector's code: that must not count against the deadline of the first real sample. */
const WARM_UP_SAMPLES = [
  Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]),
  new Uint8Array(4096),
];
for (const sample of WARM_UP_SAMPLES) await fileTypeFromBuffer(sample);
say("READY");
