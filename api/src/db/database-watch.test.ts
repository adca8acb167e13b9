import { describe, expect, test } from "@jest/globals";
import { createDatabaseWatch } from "./database-watch.js";
import type { DatabaseWatch } from "./database-watch.js";

function watched(): { watch: DatabaseWatch; lines: string[]; clock: { ms: number } } {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const tell = (level: string) => (facts: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(facts)}`);
  return { watch: createDatabaseWatch({ warn: tell("warn"), info: tell("info") }, () => clock.ms), lines, clock };
}

describe("the watch", () => {
  test("says once that the database is away and once that it is back, however many meet it", () => {
    const { watch, lines, clock } = watched();
    for (let request = 0; request < 1000; request += 1) watch.fault("AWAY", "connect ECONNREFUSED");
    clock.ms = 4_000;
    for (let request = 0; request < 1000; request += 1) watch.answered();
    expect(lines).toEqual([
      'warn the database does not answer {"fault":"AWAY","reason":"connect ECONNREFUSED","faults":1}',
      'info the database answers again {"faults":1000,"afterMs":4000}',
    ]);
  });

  test("says it again every ten seconds while it lasts", () => {
    const { watch, lines, clock } = watched();
    for (; clock.ms < 25_000; clock.ms += 100) watch.fault("SLOW", "Query read timeout");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain('"faults":201');
  });

  test("answers between faults do not make it louder", () => {
    const { watch, lines, clock } = watched();
    for (; clock.ms < 10_000; clock.ms += 100) {
      watch.fault("BUSY", "60 statements are waiting");
      watch.answered();
    }
    expect(lines).toHaveLength(2);
  });

  test("says nothing while nothing is wrong", () => {
    const { watch, lines } = watched();
    watch.answered();
    expect(lines).toEqual([]);
  });
});
