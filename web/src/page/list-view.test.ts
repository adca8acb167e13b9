import { describe, expect, test } from "@jest/globals";
import type { FileRow } from "../api/file-calls.js";
import {
  belongsTo,
  EVERYTHING,
  formatListView,
  isBare,
  LIST_FILTERS,
  LIST_ORDERS,
  parseListView,
  requestOf,
} from "./list-view.js";

describe("the address", () => {
  test("says every view and is read back", () => {
    for (const filter of LIST_FILTERS) {
      for (const order of LIST_ORDERS) {
        for (const search of ["", "a&b=c#d %20 grüße"]) {
          const view = { search, filter, order };
          expect(parseListView(formatListView(view))).toEqual(view);
        }
      }
    }
  });

  test("of the bare view is empty", () => {
    expect(formatListView(EVERYTHING)).toBe("");
    expect(isBare(EVERYTHING)).toBe(true);
    expect(isBare({ ...EVERYTHING, order: "name" })).toBe(true);
    expect(isBare({ ...EVERYTHING, filter: "ready" })).toBe(false);
  });

  test("with nonsense shows everything", () => {
    expect(parseListView("?show=constructor&order=__proto__&q=%20")).toEqual(EVERYTHING);
    expect(parseListView("")).toEqual(EVERYTHING);
  });
});

describe("what the server is asked", () => {
  test("by status, by kind, in order", () => {
    expect(requestOf(EVERYTHING)).toEqual({
      search: "",
      filter: {},
      orderBy: { field: "CREATED_AT", direction: "DESC" },
    });
    expect(requestOf({ search: "x", filter: "deleted", order: "smallest" })).toEqual({
      search: "x",
      filter: { status: ["DELETED"] },
      orderBy: { field: "SIZE", direction: "ASC" },
    });
    expect(requestOf({ ...EVERYTHING, filter: "images" }).filter).toEqual({ contentType: ["image/*"] });
  });

  test("is what belongs here", () => {
    const file = (facts: Partial<FileRow>): FileRow =>
      ({ status: "READY", filename: "a.png", contentType: "image/png", ...facts }) as FileRow;
    const shown = (filter: (typeof LIST_FILTERS)[number], facts: Partial<FileRow>): boolean =>
      belongsTo({ ...EVERYTHING, filter }, file(facts));
    expect(shown("images", {})).toBe(true);
    expect(shown("images", { contentType: "text/plain" })).toBe(false);
    expect(shown("documents", { contentType: "text/csv" })).toBe(true);
    expect(shown("documents", { contentType: "application/pdf" })).toBe(true);
    expect(shown("images", { status: "DELETED" })).toBe(false);
    expect(shown("open", { status: "VERIFYING" })).toBe(true);
    expect(shown("open", {})).toBe(false);
  });
});
