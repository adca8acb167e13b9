import { readFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { createSchema } from "../../src/schema.js";
import { mintToken } from "../api-process.js";
import { noise } from "../content.js";
import { checkInvariants } from "../invariants.js";
import { drawOf } from "../malformed/draw.js";
import { makeInput } from "../malformed/inputs.js";
import type { Input, InputContext } from "../malformed/inputs.js";
import { REGRESSIONS } from "../malformed/regressions.js";
import { faultOf, sendRaw } from "../malformed/send-raw.js";
import { openUpload, upload } from "../operations.js";
import { withServers } from "./proof-servers.js";
import type { ProofServers } from "./proof-servers.js";
import type { Figure, Proof, ProofOptions } from "./proof.js";
import { reached } from "./proof.js";

const INPUTS = { small: 600, full: 10_000 };
/** Before memory is measured: what the process allocates once. */
const WARM_UP = { small: 100, full: 2_000 };
const AT_ONCE = 24;
/** Longer than the slowest operation takes to answer here; what never ends is left after it. */
const QUIET_MS = 1_500;
const MIB = 1024 ** 2;
const USER = "r6";

/** Nothing that can be sent to the port makes the service fail, end, grow or lose its way. */
export const proof: Proof = {
  id: "R6",
  title: "malformed input: operations made from the schema, JSON, and raw HTTP",
  run: (options) => withServers((servers) => prove(options, servers)),
};

async function prove({ small, seed, say }: ProofOptions, servers: ProofServers): Promise<Figure[]> {
  const api = await servers.startApi({ env: { SWEEP_EVERY_SECONDS: "5", OWNER_QUOTA_BYTES: String(2 ** 50) } });
  const { port, host } = new URL(api.url);
  const ready = await upload(api, USER, noise(1_000, `${seed} ready`), {
    filename: "a.bin",
    contentType: "application/octet-stream",
  });
  const open = await openUpload(api, USER, noise(1_000, `${seed} open`), {
    filename: "b.bin",
    contentType: "application/octet-stream",
  });
  const context: InputContext = {
    schema: createSchema([]),
    host,
    token: await mintToken(USER),
    fileIds: [ready.id, open.file.id],
  };

  const faults: string[] = [];
  const statuses = new Map<string, number>();
  const sendAll = async (inputs: Iterator<Input>): Promise<void> => {
    const worker = async (): Promise<void> => {
      for (let next = inputs.next(); next.done !== true; next = inputs.next()) {
        const outcome = await sendRaw(Number(port), next.value.bytes, QUIET_MS);
        for (const { status } of outcome.answers) statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1);
        if (outcome.answers.length === 0) statuses.set("none", (statuses.get("none") ?? 0) + 1);
        const fault = faultOf(outcome);
        if (fault === null) continue;
        faults.push(fault);
        // Enough to put it into regressions.ts.
        say(`${fault}: ${JSON.stringify(next.value.bytes.toString("latin1"))}\n${outcome.text.slice(0, 2_000)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  function* made(kind: string, count: number): Generator<Input> {
    for (let index = 0; index < count; index += 1) yield makeInput(context, drawOf(`${seed} ${kind} ${index}`));
  }

  await sendAll(REGRESSIONS.map(({ input }) => input(context)).values());
  const warmUp = small ? WARM_UP.small : WARM_UP.full;
  await sendAll(made("warm-up", warmUp));
  const before = await settledRss(api.pid);
  const count = small ? INPUTS.small - warmUp : INPUTS.full;
  say(`${warmUp} to warm up, ${(before / MIB).toFixed(0)} MiB; now ${count}`);
  await sendAll(made("input", count));
  const growth = (await settledRss(api.pid)) - before;
  const exited = (await Promise.race([api.exit.then(() => 1), after(100, 0)])) === 1;
  say(
    `answers: ${[...statuses]
      .sort()
      .map(([status, times]) => `${status} × ${times}`)
      .join(", ")}`,
  );

  if (!exited)
    await upload(api, USER, noise(100_000, `${seed} after`), {
      filename: "c.bin",
      contentType: "application/octet-stream",
    });
  await checkInvariants(servers);
  const sent = count + warmUp + REGRESSIONS.length;
  return [
    {
      what: `unexplained 5xx, and answers that tell of the inside (${sent} inputs)`,
      ...{ figure: String(faults.length), must: "0", goal: "", holds: reached(faults.length === 0, false) },
    },
    {
      what: "exits; a normal upload and the invariants afterwards",
      ...{ figure: exited ? "1" : "0; hold", must: "0; hold", goal: "", holds: reached(!exited, false) },
    },
    {
      what: `memory after ${count}, over ${(before / MIB).toFixed(0)} MiB`,
      ...{
        figure: `+ ${(growth / MIB).toFixed(0)} MiB`,
        // The small form is over before the collector has had reason to look.
        must: small ? "" : "≤ + 50 MiB",
        goal: "",
        holds: reached(small || growth <= 50 * MIB, false),
      },
    },
  ];
}

/** The least of some seconds: the collector comes when it likes. 0 where there is no /proc. */
async function settledRss(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look += 1) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    least = Math.min(least, Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024);
    await after(400);
  }
  return least;
}
