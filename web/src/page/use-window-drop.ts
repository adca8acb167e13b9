import { useEffect, useState } from "react";

/**
 * Takes files that are dropped anywhere on the page; `onDrop` is called in the event itself. Returns how many things are
 * being held over it (a folder counts as one: what is in it cannot be known): undefined for none, 0 when the browser
 * does not tell.
 */
export function useWindowDrop(onDrop: (transfer: DataTransfer) => void): number | undefined {
  const [heldCount, setHeldCount] = useState<number | undefined>();

  useEffect(() => {
    // Entering a child comes before leaving its parent: count both.
    let depth = 0;
    const listening = new AbortController();
    const on = (name: "dragenter" | "dragover" | "dragleave" | "drop", take: (transfer: DataTransfer) => void): void =>
      window.addEventListener(
        name,
        (event) => {
          if (!event.dataTransfer?.types.includes("Files")) return;
          // Without this the browser would open the file in place of the page.
          event.preventDefault();
          take(event.dataTransfer);
        },
        { signal: listening.signal },
      );

    on("dragenter", ({ items }) => {
      depth++;
      setHeldCount(items.length);
    });
    on("dragover", (transfer) => (transfer.dropEffect = "copy"));
    on("dragleave", () => {
      if (--depth <= 0) setHeldCount(undefined);
    });
    on("drop", (transfer) => {
      depth = 0;
      setHeldCount(undefined);
      onDrop(transfer);
    });
    return () => listening.abort();
  }, [onDrop]);

  return heldCount;
}
