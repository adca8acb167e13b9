import { Files1763800000000 } from "./migrations/1763800000000-files.js";
import { FileChanges1764000000000 } from "./migrations/1764000000000-file-changes.js";

/** Every migration, oldest first, named one by one: no globs, so that what is built is what runs. */
export const MIGRATIONS = [Files1763800000000, FileChanges1764000000000] as const;
