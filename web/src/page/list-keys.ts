/** What the keys do in the list. PURE. */

/** `to` moves by rows, END and HOME to an end; `extending` takes the rows on the way into the selection. */
export type ListKey =
  | { readonly does: "MOVE"; readonly to: -1 | 1 | "HOME" | "END"; readonly extending: boolean }
  | { readonly does: "PREVIEW" | "RENAME" | "DELETE" | "SELECT_ALL" | "CLEAR" };

const MOVES: Readonly<Record<string, -1 | 1 | "HOME" | "END">> = {
  ArrowUp: -1,
  ArrowDown: 1,
  Home: "HOME",
  End: "END",
};

/**
 * No letters of their own: who speaks to the computer says many (https://www.w3.org/TR/WCAG22/#character-key-shortcuts).
 * Space selects because the focus is on a checkbox.
 * @param onCheckbox the row itself has the focus, not a button or a link in it
 */
export function listKeyOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">,
  onCheckbox: boolean,
): ListKey | undefined {
  const { key, shiftKey: extending } = event;
  const withCommand = event.ctrlKey || event.metaKey;
  if (event.altKey) return undefined;
  if (withCommand) return key.toLowerCase() === "a" ? { does: "SELECT_ALL" } : undefined;
  const to = MOVES[key];
  if (to !== undefined) return { does: "MOVE", to, extending };
  if (key === "F2") return { does: "RENAME" };
  if (key === "Delete") return { does: "DELETE" };
  if (key === "Escape") return { does: "CLEAR" };
  if (key === "Enter" && onCheckbox) return { does: "PREVIEW" };
  return undefined;
}
