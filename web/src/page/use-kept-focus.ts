import { useEffect, useLayoutEffect, useRef } from "react";
import type { RefObject } from "react";

/** What had the focus, and where it stood. */
interface Place {
  readonly element: HTMLElement;
  readonly row: Element | null;
  readonly index: number;
}

const ROWS = "[role=list] > li";

/**
 * Keeps the keyboard's focus in a list whose rows come, go and change places: on the same button while it is there, else
 * in the same row, else on the next row, else where `leave` puts it. Call it where the list is drawn; browsers drop the
 * focus of what is moved or removed, and a person without a mouse would start again at the top of the page.
 */
export function useKeptFocus(box: RefObject<HTMLElement | null>, leave: () => void): void {
  const last = useRef<Place | undefined>(undefined);

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const note = ({ target }: Event): void => {
      last.current = undefined;
      if (!(target instanceof HTMLElement) || !box.current?.contains(target)) return;
      const row = target.closest("li");
      last.current = { element: target, row, index: row ? rowsOf(box.current).indexOf(row) : -1 };
    };
    document.addEventListener("focusin", note, { signal });
    // Who clicks beside it has left it.
    document.addEventListener("pointerdown", () => (last.current = undefined), { signal });
    return () => listening.abort();
  }, [box]);

  useLayoutEffect(() => {
    const place = last.current;
    if (!place || document.activeElement !== document.body) return;
    const target = box.current && successor(box.current, place);
    if (target) target.focus({ preventScroll: target === place.element });
    else {
      last.current = undefined;
      leave();
    }
  });
}

function successor(box: HTMLElement, { element, row, index }: Place): HTMLElement | undefined {
  if (element.isConnected) return element;
  if (row?.isConnected) return buttonsOf(row)[0];
  const rows = rowsOf(box);
  const next = index < 0 ? undefined : rows[Math.min(index, rows.length - 1)];
  return next ? buttonsOf(next).at(-1) : buttonsOf(box)[0];
}

function rowsOf(box: HTMLElement): Element[] {
  return Array.from(box.querySelectorAll(ROWS));
}

function buttonsOf(box: Element): HTMLElement[] {
  return Array.from(box.querySelectorAll<HTMLElement>("button:not(:disabled)"));
}
