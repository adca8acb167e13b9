import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { text } from "node:stream/consumers";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Breach } from "../src/reconcile/breach.js";
import { spawnApi } from "./api-process.js";
import type { ApiProcess } from "./api-process.js";
import { noise } from "./content.js";
import { confirmTwice, deleteIt, isSettled, pathOf, persist, prepare, readBack, retry } from "./crash-follow-ups.js";
import { USER } from "./crash-follow-ups.js";
import type { Subject } from "./crash-follow-ups.js";
import { openCrashScene } from "./crash-scene.js";
import type { CrashScene } from "./crash-scene.js";
import { abortUpload, confirmUpload, deleteFile, expectMember, openUpload, readFile, upload } from "./operations.js";
import { keyOf, openUploadKeys, rowOf, storedKeys, uuidOf } from "./records.js";

/**
 * c15: Postgres fails over to a standby that had not replayed the last commits. Nothing in this process dies; what it
 * has answered has never been, while the store remembers all of it.
 */
describe("c15, a failover that loses the last commits", () => {
  const SEAL = "PENDING>VERIFYING>READY";
  let scene: CrashScene;
  let api: ApiProcess;
  /** Opened and sent before, confirmed after: READY was answered, and is lost. */
  let retried: Subject, swept: Subject, confirmed: Subject, deleted: Subject;
  /** Opened before, aborted after. */
  let aborted: Subject;
  let kept: Subject;
  /** READY before, deleted for good after: its row is back, its bytes are not. */
  let purged: Subject;
  /** Keys of what was made after: no row knows of them. */
  let unknownObjects: string[], unknownUploads: string[];

  beforeAll(async () => {
    scene = await openCrashScene();
    const before = await scene.start();
    [retried, swept, confirmed, deleted, aborted] = (await Promise.all(
      ["retried", "swept", "confirmed", "deleted", "aborted"].map(async (name) => {
        const subject = subjectOf(name);
        await prepare(before, "confirm", subject);
        return subject;
      }),
    )) as [Subject, Subject, Subject, Subject, Subject];
    kept = subjectOf("kept");
    purged = subjectOf("purged");
    await Promise.all([kept, purged].map((subject) => prepare(before, "delete", subject)));
    await before.kill();
    await scene.copyDatabase();

    const after = await scene.start();
    await Promise.all(
      [retried, swept, confirmed, deleted].map(async ({ fileId }) =>
        expectMember("ConfirmedUpload", await confirmUpload(after, USER, fileId!)),
      ),
    );
    expectMember("AbortedUpload", await abortUpload(after, USER, aborted.fileId!));
    expectMember("DeletedFile", await deleteFile(after, USER, purged.fileId!, true));
    const made = await Promise.all([1, 2, 3].map((at) => upload(after, USER, noise(1000 + at, `made ${at}`))));
    const opened = await Promise.all([1, 2].map((at) => openUpload(after, USER, noise(2000 + at, `opened ${at}`))));
    unknownObjects = made.map(({ id }) => keyOf(id));
    unknownUploads = opened.map(({ file }) => keyOf(file.id));
    await after.kill();
    await scene.failOver();
    api = await scene.start();
  }, 120_000);
  afterAll(() => scene.close());

  test("what was READY before it is READY; what became READY after it is open again, its bytes sealed", async () => {
    expect(await readFile(api, USER, kept.fileId!)).toMatchObject({ status: "READY" });
    for (const { fileId } of [retried, swept, confirmed, deleted])
      expect(await readFile(api, USER, fileId!)).toMatchObject({ status: "PENDING" });
  });

  test("retry: the same confirm brings the same file", async () => {
    expect(await retry(api, "confirm", retried)).toBe("ConfirmedUpload");
    expect(await pathOf(scene, retried)).toBe(SEAL);
    await readBack(api, retried);
  });

  test("second confirm: two at once bring one verdict", async () => {
    expect(await confirmTwice(api, confirmed)).toBe("ConfirmedUpload");
    expect(await pathOf(scene, confirmed)).toBe(SEAL);
    await readBack(api, confirmed);
  });

  test("delete: the upload is aborted, and the object that its row does not know of goes too", async () => {
    expect((await persist(() => deleteIt(api, deleted))).__typename).toBe("DeletedFile");
    await scene.sweepUntil(() => isSettled(scene, deleted));
    expect(await pathOf(scene, deleted)).toBe("PENDING>EXPIRED");
  });

  test("sweeper: nobody comes back, and the file is there all the same", async () => {
    await scene.sql("update files set urls_expire_at = now() - interval '1 second' where id = $1", [
      uuidOf(swept.fileId!),
    ]);
    await scene.sweepUntil(() => isSettled(scene, swept));
    expect(await pathOf(scene, swept)).toBe(SEAL);
    await readBack(api, swept);
  });

  test("an upload whose abort was lost is found out to be gone", async () => {
    expect(await retry(api, "confirm", aborted)).toBe("UploadExpired");
    expect(await pathOf(scene, aborted)).toBe("PENDING>VERIFYING>EXPIRED");
    await scene.sweepUntil(() => isSettled(scene, aborted));
    expect(await rowOf(scene, aborted.fileId!)).toMatchObject({ status: "EXPIRED" });
  });

  test("reconcile finds what was made after it, and what was purged after it; nothing else", async () => {
    const { code, breaches } = await reconcile("--check");
    expect(code).toBe(1);
    expect(breaches.map(({ invariant, key }) => `${invariant} ${key}`).sort()).toEqual(
      [...unknownObjects, ...unknownUploads]
        .map((key) => `I3 ${key}`)
        .concat(`I1 ${keyOf(purged.fileId!)}`)
        .sort(),
    );
    const { breaches: refused } = await reconcile("--fix", "--unknown-after-hours", "0", "--delete-unknown", "4");
    expect(refused.filter(({ fixed }) => fixed)).toEqual([]);
    expect(await storedKeys(scene)).toEqual(expect.arrayContaining(unknownObjects));
  });

  test("told how many there are it takes them away, the objects into the quarantine; the READY row it leaves alone", async () => {
    const { code, breaches } = await reconcile("--fix", "--unknown-after-hours", "0", "--delete-unknown", "5");
    expect(code).toBe(1);
    expect(breaches.filter(({ fixed }) => !fixed)).toEqual([
      expect.objectContaining({
        invariant: "I1",
        key: keyOf(purged.fileId!),
        mend: expect.stringMatching(/^report only/),
      }),
    ]);
    const left = await storedKeys(scene);
    for (const key of unknownObjects) expect(left).not.toContain(key);
    const { s3, bucket: Bucket } = scene;
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "quarantine/" }));
    // quarantine/<date>/<key>
    expect(Contents.map(({ Key }) => Key!.split("/").slice(2).join("/")).sort()).toEqual([...unknownObjects].sort());
    expect(await openUploadKeys(scene)).toEqual([]);
    expect(await readFile(api, USER, purged.fileId!)).toMatchObject({ status: "READY" });
  });

  test("its owner deletes it once more, and all is whole", async () => {
    expectMember("DeletedFile", await deleteFile(api, USER, purged.fileId!, true));
    expect(await reconcile("--check", "--settled", "--read-back")).toEqual({ code: 0, breaches: [] });
    await readBack(api, kept);
  });

  /** The command, as an operator runs it. */
  async function reconcile(...words: readonly string[]): Promise<{ code: number | null; breaches: Breach[] }> {
    const { child, exit, log } = spawnApi(scene.environment, ["reconcile", ...words]);
    const said = await text(child.stdout);
    const lines = said.split("\n").filter((line) => line !== "");
    const parsed = lines.map((line) => JSON.parse(line) as { breach?: Breach });
    const { code } = await exit;
    if (!parsed.some((line) => "report" in line)) throw new Error(`it could not look: ${log()}`);
    return { code, breaches: parsed.flatMap(({ breach }) => breach ?? []) };
  }

  function subjectOf(name: string): Subject {
    const content = noise(50_000, name);
    const named = { filename: `${name}.bin`, contentType: "application/octet-stream" };
    return { content, input: { ...named, size: content.sizeBytes, idempotencyKey: name }, fileId: null };
  }
});
