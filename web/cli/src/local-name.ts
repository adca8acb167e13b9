import { basename } from "node:path";
import { printable } from "./terminal.js";

/**
 * The name under which a file of the server stands in a folder here. The server takes no name with a slash or a control
 * character; a hostile one must neither lead out of the folder nor steer the terminal of whoever lists it.
 * @param id stands in for a name that is none
 */
export function localName(filename: string, id: string): string {
  const own = printable(basename(filename.replaceAll("\\", "/")));
  return /^\.{0,2}$/.test(own) ? id : own;
}
