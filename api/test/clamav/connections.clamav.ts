import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { rowsOf } from "../../src/db/query.js";
import { noise, PNG } from "../content.js";
import type { Content } from "../content.js";
import { checkInvariants } from "../invariants.js";
import { confirmUpload, openUpload, sendBytes, upload } from "../operations.js";
import { rowOf, until, uuidOf } from "../records.js";
import { startTestApp } from "../test-app.js";
import type { TestApp } from "../test-app.js";
import { EICAR, MARKER, startClamd } from "./clamd-process.js";
import type { ClamdProcess } from "./clamd-process.js";
import { startCountingRelay } from "./counting-relay.js";
import type { CountingRelay } from "./counting-relay.js";

/** What clamd is asked, how often and how many questions at a time: what stands between counts the connections. */

const MIB = 1024 ** 2;
const STREAM_MAX_MIB = 4;
const WITHIN_MS = 30_000;

let clamd: ClamdProcess;
let relay: CountingRelay;
let app: TestApp;
/** A new one for each test. */
let user: string;
/** At the beginning of a test. */
let before: number;
beforeAll(async () => {
  clamd = await startClamd({ streamMax: `${STREAM_MAX_MIB}M` });
  relay = await startCountingRelay(clamd.address);
  app = await startTestApp({ env: { CLAMAV_HOST: relay.address, CLAMAV_TIMEOUT_SECONDS: "20" } });
  // The service asks once at its start whether it is there.
  await until(() => relay.total === 1);
});
beforeEach(() => {
  user = `user-${randomUUID()}`;
  before = relay.total;
});
afterEach(() => checkInvariants(app));
afterAll(async () => {
  await app?.stop();
  await relay?.stop();
  await clamd?.stop();
});

const asked = (): number => relay.total - before;

async function sent(content: Content | Uint8Array | string, contentType?: string): Promise<string> {
  const ticket = await openUpload(app, user, content, contentType === undefined ? {} : { contentType });
  await sendBytes(app, user, ticket, content);
  return ticket.file.id;
}

test("one connection for a content, none for an empty one, none for one that is refused for its type", async () => {
  await upload(app, user, noise(3 * MIB, "one"));
  expect(asked()).toBe(1);
  await upload(app, user, "");
  const id = await sent(PNG, "video/mp4");
  expect(await confirmUpload(app, user, id)).toMatchObject({ __typename: "ContentMismatch" });
  expect(asked()).toBe(1);
});

test("30 confirms at once are 30 scans, four at a time", async () => {
  const ids: string[] = [];
  for (let index = 0; index < 30; index += 1)
    ids.push(await sent(index % 2 === 0 ? noise(MIB, `many ${index}`) : `${index} ${MARKER}`));
  const answers = await Promise.all(ids.map((id) => confirmUpload(app, user, id)));
  expect(answers.map(({ __typename }) => __typename)).toEqual(
    ids.map((_, index) => (index % 2 === 0 ? "ConfirmedUpload" : "MalwareFound")),
  );
  expect(asked()).toBe(30);
  expect(relay.mostAtOnce).toBe(4);
});

test("a verdict is asked once: a confirm of what is judged asks nobody", async () => {
  const [clean, infected] = [await sent("hello"), await sent(EICAR)];
  for (const _ of [1, 2, 3]) for (const id of [clean, infected]) await confirmUpload(app, user, id);
  expect(asked()).toBe(2);
});

test("longer than StreamMaxLength: READY once clamd takes as much, and left alone for minutes before", async () => {
  // Not through what stands between: it would lose an answer that comes early.
  const direct = await startTestApp({ beside: app, env: { CLAMAV_HOST: clamd.address } });
  try {
    const id = await sent(noise((STREAM_MAX_MIB + 2) * MIB, "long"));
    const endLease = () => rowsOf(app.db, "update files set lease_until = now() where id = $1", [uuidOf(id)]);
    const leftAlone = async (): Promise<boolean> => {
      const { lease_until: leaseUntil, status } = (await rowOf(app, id))!;
      expect(status).toBe("VERIFYING");
      return (leaseUntil as Date).getTime() > Date.now() + 200_000;
    };
    await until(async () => {
      await confirmUpload(direct, user, id);
      if (await leftAlone()) return true;
      await endLease();
      return false;
    });
    const attempt = (await rowOf(app, id))!["attempt"];
    for (const _ of [1, 2, 3]) expect(await confirmUpload(direct, user, id)).toMatchObject({ __typename: "FileBusy" });
    await direct.app.sweep();
    expect(await rowOf(app, id)).toMatchObject({ status: "VERIFYING", attempt });

    clamd.kill();
    await clamd.start({ streamMax: "16M" });
    await endLease();
    await until(async () => {
      await direct.app.sweep();
      return (await rowOf(app, id))!["status"] === "READY";
    }, WITHIN_MS);
  } finally {
    await direct.stop();
  }
});

test("no log holds a content", () => {
  expect(app.logLines.filter((line) => line.includes("EICAR-STANDARD") || line.includes(MARKER))).toEqual([]);
});

test("without CLAMAV_HOST nothing is scanned", async () => {
  const plain = await startTestApp({ beside: app });
  try {
    expect(await upload(plain, user, EICAR)).toMatchObject({ status: "READY" });
    expect(asked()).toBe(0);
  } finally {
    await plain.stop();
  }
});
