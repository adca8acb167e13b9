import { useCallback, useEffect, useState } from "react";
import { formatListView, parseListView } from "./list-view.js";
import type { ListView } from "./list-view.js";

/**
 * The view that the page's address asks for, and a way to change it. The address follows, so that a view can be reloaded,
 * kept and sent; going to the trash and back are steps of the browser's history, typing a search is not.
 */
export function useListView(): readonly [ListView, (change: Partial<ListView>) => void] {
  const [view, setView] = useState(() => parseListView(location.search));

  useEffect(() => {
    const follow = (): void => setView(parseListView(location.search));
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);

  const change = useCallback((changed: Partial<ListView>) => {
    const now = parseListView(location.search);
    const next = { ...now, ...changed };
    const address = location.pathname + formatListView(next);
    if (address === location.pathname + location.search) return;
    const isStep = (now.filter === "deleted") !== (next.filter === "deleted");
    history[isStep ? "pushState" : "replaceState"](null, "", address);
    setView(next);
  }, []);

  return [view, change];
}
