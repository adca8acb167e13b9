import { useEffect, useLayoutEffect, useRef } from "react";
import { focusRow } from "./row-focus.js";

/**
 * Keeps the keyboard's focus in the list of files when what had it goes: changes come by themselves, and browsers drop the
 * focus of what is removed. It goes to the same row, else to the one that is in its place now, else to the search box.
 * @param ids of the rows, as they are drawn
 */
export function useRowFocusKept(ids: readonly string[]): void {
  const last = useRef<{ readonly id: string; index: number } | undefined>(undefined);

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const note = ({ target }: Event): void => {
      // A dialog gives the focus back.
      if (!(target instanceof Element) || target.closest("dialog")) return;
      const id = target.closest<HTMLElement>(".file-row")?.dataset["id"];
      last.current = id === undefined ? undefined : { id, index: -1 };
    };
    const forget = ({ target }: Event): void => {
      if (target instanceof Element && !target.closest(".file-row, dialog")) last.current = undefined;
    };
    document.addEventListener("focusin", note, { signal });
    // Who clicks beside it has left it.
    document.addEventListener("pointerdown", forget, { signal });
    return () => listening.abort();
  }, []);

  const before = useRef(ids);
  useLayoutEffect(() => {
    const place = last.current;
    if (place && before.current.includes(place.id)) place.index = before.current.indexOf(place.id);
    before.current = ids;
    if (!place || document.activeElement !== document.body) return;
    const next = ids.includes(place.id) ? place.id : ids[Math.min(Math.max(0, place.index), ids.length - 1)];
    if (next === undefined) document.getElementById("search")?.focus();
    else focusRow(next);
  });
}
