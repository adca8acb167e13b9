import { useEffect, useState } from "react";
import type { RefObject } from "react";

/** How far outside of the window something is already on its way in. */
const MARGIN = "200px";

const watched = new WeakMap<Element, (near: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** One observer for all: thousands of rows may be there. */
function sharedObserver(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
    },
    { rootMargin: MARGIN },
  );
  return observer;
}

/** Whether the element is in the window or nearly so. */
export function useNearWindow(element: RefObject<Element | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    watched.set(current, setNear);
    sharedObserver().observe(current);
    return () => {
      watched.delete(current);
      sharedObserver().unobserve(current);
    };
  }, [element]);
  return near;
}
