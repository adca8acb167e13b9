import type { Viewer } from "../auth/viewer.js";
import type { FileDeps } from "./file-deps.js";
import { parseFileId } from "./file-id.js";
import { isVisible } from "./file.js";
import type { FileRow } from "./file.js";

/** The viewer's file. Null: none, somebody else's, malformed, or gone from the list: indistinguishable. */
export function readFile({ files }: Pick<FileDeps, "files">, viewer: Viewer, id: string): Promise<FileRow | null> {
  return viewFile({ files, sharedPolicies: [] }, viewer, id);
}

type ViewingDeps = Pick<FileDeps, "files" | "sharedPolicies">;

/**
 * What the viewer may look at by its id: their own, and READY files of others whose policy shares them. For reading only:
 * whatever changes a file, or lists files, asks {@link readFile}.
 */
export async function viewFile(
  { files, sharedPolicies }: ViewingDeps,
  viewer: Viewer,
  id: string,
): Promise<FileRow | null> {
  const uuid = parseFileId(id);
  if (uuid === null) return null;
  const file = await files.find(viewer.ownerId, uuid, sharedPolicies);
  return file !== null && isVisible(file) ? file : null;
}

/** Same order; null where {@link viewFile} would answer null. One statement for all. */
export async function viewFiles(
  { files, sharedPolicies }: ViewingDeps,
  viewer: Viewer,
  ids: readonly string[],
): Promise<(FileRow | null)[]> {
  const uuids = ids.map(parseFileId);
  const known = uuids.filter((uuid) => uuid !== null);
  const found = known.length === 0 ? [] : await files.findMany(viewer.ownerId, known, sharedPolicies);
  const byId = new Map(found.filter((file) => file !== null && isVisible(file)).map((file) => [file!.id, file]));
  return uuids.map((uuid) => (uuid === null ? null : (byId.get(uuid) ?? null)));
}
