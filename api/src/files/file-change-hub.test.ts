import { describe, expect, test } from "@jest/globals";
import { createFileChangeHub } from "./file-change-hub.js";

const SINCE = new Date("2026-01-02T03:04:05.678Z");
const keyOf = (ownerId: string): string => `key-of-${ownerId}`;

function openHub(changed: readonly { ownerId: string; id: string }[] = []) {
  const asked: unknown[] = [];
  const hub = createFileChangeHub({
    ownerKeyOf: keyOf,
    changedSince: async (...request) => {
      asked.push(request);
      return changed;
    },
  });
  const heard: string[] = [];
  const hear = (name: string) => (uuid: string) => void heard.push(`${name} ${uuid}`);
  return { hub, asked, heard, hear };
}

describe("the hub", () => {
  test("tells the owner's listeners, all of them, and nobody else's", () => {
    const { hub, heard, hear } = openHub();
    hub.subscribe("ann", hear("first"));
    hub.subscribe("ann", hear("second"));
    hub.subscribe("bob", hear("bob"));
    hub.receive(`${keyOf("ann")} 1`);
    hub.receive(`${keyOf("nobody")} 2`);
    expect(heard).toEqual(["first 1", "second 1"]);
  });

  test("tells nobody who has left; leaving twice takes nobody else along", () => {
    const { hub, heard, hear } = openHub();
    const same = hear("ann");
    const leave = hub.subscribe("ann", same);
    hub.subscribe("ann", same);
    leave();
    leave();
    hub.receive(`${keyOf("ann")} 1`);
    expect(heard).toEqual(["ann 1"]);
  });

  test.each(["", "nonsense", " ", `${keyOf("ann")}`])("ignores a payload that is none: %j", (payload) => {
    const { hub, heard, hear } = openHub();
    hub.subscribe("ann", hear("ann"));
    hub.receive(payload);
    expect(heard).toEqual([]);
  });

  test("after a gap tells what changed of those who are here; nobody here, nothing asked", async () => {
    const { hub, asked, heard, hear } = openHub([
      { ownerId: "ann", id: "1" },
      { ownerId: "bob", id: "2" },
    ]);
    await hub.catchUp(SINCE);
    const leave = hub.subscribe("ann", hear("ann"));
    hub.subscribe("bob", hear("bob"));
    await hub.catchUp(SINCE);
    leave();
    await hub.catchUp(SINCE);
    expect(asked).toEqual([
      [["ann", "bob"], SINCE],
      [["bob"], SINCE],
    ]);
    expect(heard).toEqual(["ann 1", "bob 2", "bob 2"]);
  });
});
