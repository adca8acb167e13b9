/** Which rows of the list are selected. PURE. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins: the row that was selected last. */
  readonly anchor: string | undefined;
}

/** No row. */
export const NO_SELECTION: Selection = { ids: new Set(), anchor: undefined };

/** With the row, or without it if it was selected. */
export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/**
 * With all rows from the anchor to `id`, in the list's order; the anchor stays. Without an anchor just the row.
 * @param on false: without them
 */
export function extended({ ids, anchor }: Selection, id: string, listed: readonly string[], on = true): Selection {
  const from = anchor === undefined ? -1 : listed.indexOf(anchor);
  const to = listed.indexOf(id);
  const known = from >= 0 && to >= 0;
  const range = known ? listed.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
  const next = new Set(ids);
  for (const one of range) {
    if (on) next.add(one);
    else next.delete(one);
  }
  return { ids: next, anchor: known ? anchor : id };
}

/** All rows. */
export function everyOne(listed: readonly string[]): Selection {
  return { ids: new Set(listed), anchor: listed.at(-1) };
}

/** Without rows that are not there any more. The same object when nothing left. */
export function stillThere(selection: Selection, listed: readonly string[]): Selection {
  const there = new Set(listed);
  const kept = [...selection.ids].filter((id) => there.has(id));
  if (kept.length === selection.ids.size) return selection;
  return { ids: new Set(kept), anchor: selection.anchor };
}
