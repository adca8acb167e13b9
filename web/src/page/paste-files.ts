import { useEffect } from "react";
import { chosenFile } from "./chosen-file.js";
import type { ChosenFile } from "./chosen-file.js";

/** What browsers call a picture that has no file: "image.png". */
const NAMELESS = /^image\.(\w+)$/i;

/** A telling name for a picture from the clipboard: "Pasted image 2026-11-22 14.05.png". PURE. */
export function pastedName(name: string, now: Date): string {
  const extension = NAMELESS.exec(name)?.[1];
  if (extension === undefined) return name;
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  // A colon is not allowed in file names on Windows.
  return `Pasted image ${day} ${two(now.getHours())}.${two(now.getMinutes())}.${extension}`;
}

/** Takes files and pictures that are pasted anywhere on the page but in a text field. */
export function usePaste(onFiles: (files: readonly ChosenFile[]) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const target = event.target instanceof Element ? event.target : undefined;
      const pasted = Array.from(event.clipboardData?.files ?? []);
      if (pasted.length === 0 || target?.closest("input, textarea, [contenteditable]")) return;
      event.preventDefault();
      onFiles(pasted.map((file) => chosenFile(named(file, pastedName(file.name, new Date())))));
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [onFiles]);
}

function named(file: File, name: string): File {
  return name === file.name ? file : new File([file], name, { type: file.type, lastModified: file.lastModified });
}
