/**
 * A process that takes a data folder, for the tests: `node data-dir-owner.fixture.js DIR AT_EPOCH_MS`. It waits for that
 * moment, so that several can race; prints `held` or the error's code; holds the folder until SIGTERM.
 */
import { claimDataDir } from "./data-dir-owner.js";
import { EmbeddedError } from "./embedded-error.js";

const [dir = "", at = "0"] = process.argv.slice(2);
while (Date.now() < Number(at)); // no timer is as punctual
try {
  const claim = await claimDataDir(dir);
  const stayAlive = setInterval(() => undefined, 60_000);
  process.once("SIGTERM", () => void claim.release().then(() => clearInterval(stayAlive)));
  process.stdout.write("held\n");
} catch (error) {
  process.stdout.write(`${error instanceof EmbeddedError ? error.code : String(error)}\n`);
}
