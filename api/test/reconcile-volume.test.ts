import { expect, test } from "@jest/globals";
import { createTestDatabase, migratedDataSource } from "./database.js";
import { runReconcileProcess, withVolume } from "./reconcile-volume.js";

/** The command as it is run, over more than fits a page; over a million rows by `npm run prove -- RECONCILE`. */
const ROWS = 20_000;
const LOSSES = 25;

test("20,000 rows against a store's whole listing: every loss is told, and nothing else; an interrupt ends it in order", async () => {
  const database = await createTestDatabase();
  const db = await migratedDataSource(database.url);
  try {
    await withVolume({ db, databaseUrl: database.url }, { rows: ROWS, losses: LOSSES }, async (environment, lost) => {
      const { breaches, report, exitCode } = await runReconcileProcess(environment, ["--check"]);
      expect(breaches.map(({ invariant, fileUuid }) => `${invariant} ${fileUuid}`).sort()).toEqual(
        lost.map((id) => `I1 ${id}`).sort(),
      );
      expect(report).toMatchObject({
        ...{ rows: ROWS, objects: 0.94 * ROWS - LOSSES, openUploads: 0.02 * ROWS },
        ...{ breaches: LOSSES, fixed: 0, interrupted: false },
      });
      expect(exitCode).toBe(1);

      const interrupted = await runReconcileProcess(environment, ["--check"], (child) => {
        child.stdout.once("data", () => child.kill("SIGINT"));
      });
      expect(interrupted).toMatchObject({ exitCode: 130, report: { interrupted: true } });
      expect(interrupted.report.rows).toBeLessThan(ROWS);
    });
  } finally {
    await db.destroy();
    await database.drop();
  }
}, 180_000);
