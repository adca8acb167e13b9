import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Attack } from "./attacks/attack.js";
import { attackBarePut } from "./attacks/bare-put.js";
import { startCredulousStore } from "./attacks/credulous-store.js";
import type { CredulousStore } from "./attacks/credulous-store.js";
import { DOWNLOAD_ATTACKS } from "./attacks/download-attacks.js";
import { PART_FRAMING_ATTACKS } from "./attacks/part-framing-attacks.js";
import { PART_COPY_ATTACKS, PART_DIGEST_ATTACKS, PART_HEADER_ATTACKS } from "./attacks/part-header-attacks.js";
import { PART_URL_ATTACKS } from "./attacks/part-url-attacks.js";
import { openScene } from "./attacks/scene.js";
import type { Outcome, Scene } from "./attacks/scene.js";
import { noise } from "./content.js";
import { checkInvariants } from "./invariants.js";
import { ask, openUpload, rangeOf, sendBytes, signPartsOf } from "./operations.js";
import { testServers } from "./servers.js";
import { doesAsAws, enforcesPartSha256 } from "./store-strength.js";
import { put } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/**
 * What somebody with a signed URL can try to make of it besides what it was signed for. Each attack is looked at by what
 * it left behind: bytes, headers, rights, rows, other people's files. And each is run where it is known to work, so that
 * finding nothing means something.
 */

const { s3: store } = testServers();
let app: TestApp;
let scene: Scene;
let credulous: CredulousStore;
let gullibleApp: TestApp;
let gullible: Scene;
beforeAll(async () => {
  credulous = await startCredulousStore();
  app = await startTestApp();
  scene = await openScene(app, { endpoint: store.endpoint });
  const weakStore = { ...store, endpoint: credulous.endpoint, uploadSigner: null };
  gullibleApp = await startTestApp({ store: weakStore });
  gullible = await openScene(gullibleApp, { endpoint: credulous.endpoint, weak: true });
});
afterAll(async () => {
  await checkInvariants(app, { settled: true });
  await app.stop();
  await gullibleApp.stop();
  await credulous.stop();
});

const rows = (attacks: readonly Attack[]): [string, Attack][] => attacks.map((attack) => [attack.name, attack]);

test("what is honest does no harm, also where everything is believed", async () => {
  for (const each of [scene, gullible]) {
    expect(await each.attackPart(null)).toEqual({ statuses: [200], harm: [] });
    expect(await each.attackPart(null, { withDigest: true })).toEqual({ statuses: [200], harm: [] });
    expect(await each.attackDownload(null)).toEqual({ statuses: [200], harm: [] });
  }
  expect(await attackBarePut(scene, store.endpoint, null)).toEqual({ statuses: [200], harm: [] });
});

const ON_PARTS = [...PART_HEADER_ATTACKS, ...PART_FRAMING_ATTACKS, ...PART_URL_ATTACKS];

describe("a part's URL", () => {
  test.each(rows(ON_PARTS))("with %s: no harm", async (_name, attack) => {
    expectHarmless(attack, await scene.attackPart(attack));
  });
  test.each(rows([...PART_COPY_ATTACKS, ...PART_FRAMING_ATTACKS]))(
    "with a digest and %s: no harm",
    async (_name, attack) => {
      expect((await scene.attackPart(attack, { withDigest: true })).harm).toEqual([]);
    },
  );
  test.each(rows(PART_DIGEST_ATTACKS))(
    "with a digest and %s: refused, by the store or by confirm",
    async (_name, attack) => {
      if (await enforcesPartSha256(app.bucket))
        expectHarmless(attack, await scene.attackPart(attack, { withDigest: true }));
      // Elsewhere they arrive, and confirm reads them back.
      else expect((await scene.attackPart({ ...attack, may: "NO_EFFECT" }, { withDigest: true })).harm).toEqual([]);
    },
  );
  test.each(rows(PART_DIGEST_ATTACKS))("with a digest and %s: seen where it works", async (_name, attack) => {
    expect((await gullible.attackPart(attack, { withDigest: true })).harm).not.toEqual([]);
  });
  test.each(rows(ON_PARTS))("with %s: seen where it works", async (_name, attack) => {
    const outcome =
      attack.weak === "BARE_PUT"
        ? await attackBarePut(scene, store.endpoint, attack)
        : await gullible.attackPart(attack);
    expect(outcome.harm).not.toEqual([]);
  });
});

test("what was refused has left nothing behind: every upload goes on", async () => {
  expect(await scene.finish()).toEqual([]);
});

describe("a download's URL", () => {
  test.each(rows(DOWNLOAD_ATTACKS))("with %s: no harm", async (_name, attack) => {
    expectHarmless(attack, await scene.attackDownload(attack));
  });
  test.each(rows(DOWNLOAD_ATTACKS))("with %s: seen where it works", async (_name, attack) => {
    const beforehand = (key: string): void => {
      if (attack.weak === "PUBLIC_OBJECT") credulous.publish(gullibleApp.bucket, key);
    };
    expect((await gullible.attackDownload(attack, beforehand)).harm).not.toEqual([]);
  });
});

test("the bytes of one part are not taken for another part", async () => {
  const content = noise(16 * 1024 ** 2 + 1, "large");
  const ticket = await openUpload(app, "ann", content, { partChecksum: "SHA256" });
  const [first, second] = await signPartsOf(app, "ann", ticket, content, [1, 2]);
  const [fromByte, toByte] = rangeOf(ticket, 2);
  const misplaced = await put(first!, content, { fromByte, toByte });
  expect(await put(second!, content, { fromByte, toByte })).toMatchObject({ status: 200 });
  if (await enforcesPartSha256(app.bucket)) expect(misplaced).toMatchObject({ status: 400, code: "BadDigest" });
  // Without digests who holds both URLs decides what each part is, until confirm; as if he had another file.
  else await sendBytes(app, "ann", ticket, content);
  expect(await receivedParts(ticket.file.id)).toEqual(misplaced.status === 200 ? [1, 2, 3] : [2]);
});

async function receivedParts(fileId: string): Promise<number[]> {
  const query = "query ($id: ID!) { file(id: $id) { upload { receivedParts } } }";
  return (await ask<{ upload: { receivedParts: number[] } }>(app, "ann", query, { id: fileId })).upload.receivedParts;
}

function expectHarmless(attack: Attack, { statuses, harm }: Outcome): void {
  expect(harm).toEqual([]);
  if (attack.onAws === null || !doesAsAws()) return;
  expect(attack.onAws).toContain(statuses[0]);
}
