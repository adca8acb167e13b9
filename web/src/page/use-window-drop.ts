import { useEffect, useState } from "react";
import { droppedFiles } from "./dropped-files.js";

/**
 * Takes files that are dropped anywhere on the page. Returns how many are being held over it: undefined for none,
 * 0 when the browser does not tell.
 */
export function useWindowDrop(onFiles: (files: readonly File[]) => void): number | undefined {
  const [heldCount, setHeldCount] = useState<number | undefined>();

  useEffect(() => {
    // Entering a child comes before leaving its parent: count both.
    let depth = 0;
    const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

    const enter = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      depth++;
      event.preventDefault();
      setHeldCount(event.dataTransfer?.items.length ?? 0);
    };
    const over = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const leave = (event: DragEvent): void => {
      if (holdsFiles(event) && --depth <= 0) {
        depth = 0;
        setHeldCount(undefined);
      }
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setHeldCount(undefined);
      if (!holdsFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      droppedFiles(event.dataTransfer).then(onFiles, () => onFiles([]));
    };

    const listeners = { dragenter: enter, dragover: over, dragleave: leave, drop };
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        window.removeEventListener(name, listener as EventListener);
    };
  }, [onFiles]);

  return heldCount;
}
