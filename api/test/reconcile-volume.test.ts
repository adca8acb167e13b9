import { expect, test } from "@jest/globals";
import { createTestDatabase, migratedDataSource } from "./database.js";
import { checkVolume } from "./reconcile-volume.js";

/** Small here; with a million rows by `npm run prove -- RECONCILE`. */
const ROWS = 20_000;
const LOSSES = 25;

test("20,000 rows against a store's whole listing: every loss is found, and nothing else is told", async () => {
  const database = await createTestDatabase();
  const db = await migratedDataSource(database.url);
  try {
    const { report, breaches, lost } = await checkVolume(
      { db, databaseUrl: database.url },
      { rows: ROWS, losses: LOSSES, say: () => undefined },
    );
    expect(breaches.map(({ invariant, fileUuid }) => `${invariant} ${fileUuid}`).sort()).toEqual(
      lost.map((id) => `I1 ${id}`).sort(),
    );
    expect(report).toMatchObject({
      ...{ rows: ROWS, objects: 0.94 * ROWS - LOSSES, openUploads: 0.02 * ROWS },
      ...{ breaches: LOSSES, fixed: 0, interrupted: false },
    });
  } finally {
    await db.destroy();
    await database.drop();
  }
}, 180_000);
