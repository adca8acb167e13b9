import { execFile } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";

export interface ClamdSettings {
  /** StreamMaxLength of clamd.conf(5). Default 32M. */
  readonly streamMax?: string;
}

/** A clamd of this test's own (clamd.sh): to be killed, frozen and started again at one address. */
export interface ClamdProcess {
  readonly host: string;
  readonly port: number;
  /** As CLAMAV_HOST takes it. */
  readonly address: string;
  /** Starts it if it does not run, and answers when it answers. */
  start(settings?: ClamdSettings): Promise<void>;
  /** As a crash does. */
  kill(): void;
  /** It takes connections, for the kernel does, and says nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends it and leaves nothing behind. Idempotent. */
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("../../../test/clamav/clamd.sh", import.meta.url));
const run = promisify(execFile);

export async function startClamd(settings: ClamdSettings = {}): Promise<ClamdProcess> {
  const folder = await makeScratchDir("clamd");
  const port = await freePort();
  const env = { ...process.env, SIGNET_CLAMD_DIR: join(folder, "clamd"), SIGNET_CLAMD_PORT: String(port) };
  let pid: number | null = null;
  const signal = (name: NodeJS.Signals): void => {
    if (pid !== null) process.kill(pid, name);
  };
  const start = async ({ streamMax = "32M" }: ClamdSettings = settings): Promise<void> => {
    const { stdout } = await run("bash", [SCRIPT, "up"], { env: { ...env, SIGNET_CLAMD_STREAM_MAX: streamMax } });
    ({ pid } = JSON.parse(stdout) as { pid: number });
  };
  const stop = async (): Promise<void> => {
    signal("SIGCONT");
    await run("bash", [SCRIPT, "down", "--purge"], { env });
    pid = null;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ host: "127.0.0.1", port, address: `127.0.0.1:${port}`, start, stop },
    kill() {
      signal("SIGKILL");
      pid = null;
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
  };
}

/** Free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What clamd.sh's signatures know. In halves: whole, this file would be taken for an infection. */

/** https://www.eicar.org/download-anti-malware-testfile/: 68 bytes of text. */
export const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].join("");
/** clamd says of each name that is not of its makers' database that it is not. */
export const EICAR_SIGNATURE = "Signet.Test.Eicar.UNOFFICIAL";
export const MARKER = ["signet-test-", "infection-marker"].join("");
export const MARKER_SIGNATURE = "Signet.Test.Marker.UNOFFICIAL";
