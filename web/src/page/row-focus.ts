/** Where the keyboard's focus goes in the list of files. */

const rowOf = (id: string): HTMLElement | null => document.querySelector(`.file-row[data-id="${CSS.escape(id)}"]`);

/** Puts the focus on a row: on its checkbox, where arrow keys and Space work. */
export function focusRow(id: string): void {
  rowOf(id)?.querySelector<HTMLElement>(".pick input")?.focus();
}

/** Puts it on the next row that stays when these go, else on the one before them, else on the search box. */
export function focusBeside(leaving: ReadonlySet<string>): void {
  const rows = Array.from(document.querySelectorAll<HTMLElement>(".file-row"));
  const stays = (row: HTMLElement): boolean => !leaving.has(row.dataset["id"] ?? "");
  const first = rows.findIndex((row) => !stays(row));
  const target = rows.slice(first).find(stays) ?? rows.slice(0, Math.max(0, first)).findLast(stays);
  if (target) focusRow(target.dataset["id"] ?? "");
  else document.getElementById("search")?.focus();
}

/** Puts it on the row that will stand at `index`, once it is there; not if something else has the focus by then. */
export function focusRowAtWhenThere(index: number, from: Element | null, frames = PATIENCE_FRAMES): void {
  requestAnimationFrame(() => {
    const { activeElement } = document;
    if (activeElement !== from && activeElement !== document.body) return;
    const row = document.querySelectorAll<HTMLElement>(".file-row")[index];
    if (row) focusRow(row.dataset["id"] ?? "");
    else if (frames > 0) focusRowAtWhenThere(index, from, frames - 1);
  });
}

/** Frames that a row may take to be drawn. */
const PATIENCE_FRAMES = 30;

/** Puts the focus on a row that is about to come, if nothing else has it by then: what had it is gone. */
export function focusRowWhenThere(id: string, frames = PATIENCE_FRAMES): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body && document.activeElement !== null) return;
    if (rowOf(id)) focusRow(id);
    else if (frames > 0) focusRowWhenThere(id, frames - 1);
  });
}
