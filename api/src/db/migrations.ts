import { Files1763800000000 } from "./migrations/1763800000000-files.js";
import { FileChanges1764000000000 } from "./migrations/1764000000000-file-changes.js";
import { FileHistory1764600000000 } from "./migrations/1764600000000-file-history.js";
import { FilesByKey1764700000000 } from "./migrations/1764700000000-files-by-key.js";
import { UploadTwins1764800000000 } from "./migrations/1764800000000-upload-twins.js";
import { ApiKeys1764900000000 } from "./migrations/1764900000000-api-keys.js";
import { StorageCapabilities1765000000000 } from "./migrations/1765000000000-storage-capabilities.js";

/** Every migration, oldest first, named one by one: no globs, so that what is built is what runs. */
export const MIGRATIONS = [
  Files1763800000000,
  FileChanges1764000000000,
  FileHistory1764600000000,
  FilesByKey1764700000000,
  UploadTwins1764800000000,
  ApiKeys1764900000000,
  StorageCapabilities1765000000000,
] as const;
