/** What the limits say about files before anything is sent. PURE; the server has the last word. */
import type { Account } from "../api/file-calls.js";
import { refusedOnAdd } from "./messages.js";

type Policy = Account["uploadPolicies"][number];

/** Sorts files into those to upload and the reasons against the others. Without limits all pass. */
export function checkFiles<T extends { readonly name: string; readonly size: number; readonly type: string }>(
  files: readonly T[],
  policy: Policy | undefined,
): { readonly accepted: readonly T[]; readonly reasons: readonly string[] } {
  const accepted: T[] = [];
  const reasons: string[] = [];
  for (const file of files) {
    if (policy && file.size > policy.maxSize) reasons.push(refusedOnAdd.tooLarge(file.name, file.size, policy.maxSize));
    else if (policy && !isAllowed(file.type, policy.allowedTypes)) {
      reasons.push(refusedOnAdd.type(file.name, policy.allowedTypes));
    } else accepted.push(file);
  }
  return { accepted, reasons };
}

/** A file whose type the browser does not know is left to the server. */
function isAllowed(type: string, allowed: readonly string[]): boolean {
  if (type === "" || allowed.length === 0) return true;
  const group = `${type.split("/", 1)[0]}/*`;
  return allowed.some((pattern) => pattern === "*/*" || pattern === "*" || pattern === type || pattern === group);
}
