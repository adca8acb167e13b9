import { describe, expect, test } from "@jest/globals";
import { listKeyOf } from "./list-keys.js";

const pressed = (key: string, facts: Partial<KeyboardEvent> = {}, onCheckbox = true) =>
  listKeyOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...facts }, onCheckbox);

describe("keys of the list", () => {
  test("move, with shift they take along", () => {
    expect(pressed("ArrowDown")).toEqual({ does: "MOVE", to: 1, extending: false });
    expect(pressed("ArrowUp", { shiftKey: true })).toEqual({ does: "MOVE", to: -1, extending: true });
    expect(pressed("End")).toEqual({ does: "MOVE", to: "END", extending: false });
  });

  test("act", () => {
    expect(pressed("F2")).toEqual({ does: "RENAME" });
    expect(pressed("Delete")).toEqual({ does: "DELETE" });
    expect(pressed("a", { ctrlKey: true })).toEqual({ does: "SELECT_ALL" });
    expect(pressed("A", { metaKey: true })).toEqual({ does: "SELECT_ALL" });
    expect(pressed("Escape")).toEqual({ does: "CLEAR" });
  });

  test("Enter is the business of a button or a link that has the focus", () => {
    expect(pressed("Enter")).toEqual({ does: "PREVIEW" });
    expect(pressed("Enter", {}, false)).toBeUndefined();
  });

  test("no letter does anything by itself, and the browser keeps its own shortcuts", () => {
    for (const key of "abcdefghijklmnopqrstuvwxyz /?") expect(pressed(key)).toBeUndefined();
    expect(pressed("r", { ctrlKey: true })).toBeUndefined();
    expect(pressed("ArrowUp", { altKey: true })).toBeUndefined();
    expect(pressed("Home", { ctrlKey: true })).toBeUndefined();
  });
});
