import { chosenFile } from "./chosen-file.js";
import type { ChosenFile } from "./chosen-file.js";

/** What may be chosen. */
export type Choice = "one" | "many" | "folder";

/**
 * Opens the browser's file picker; must be called in a click. `onFiles` is called once with what was chosen, not at all
 * when the person thinks better of it.
 */
export function chooseFiles(choice: Choice, onFiles: (files: readonly ChosenFile[]) => void): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = choice === "many";
  input.webkitdirectory = choice === "folder";
  input.hidden = true;
  input.addEventListener("change", () => {
    input.remove();
    onFiles(Array.from(input.files ?? [], chosenFile));
  });
  input.addEventListener("cancel", () => input.remove());
  // Outside the document some browsers forget the input before the person has chosen.
  document.body.append(input);
  input.click();
}
