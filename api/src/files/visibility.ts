/** Who may read a file besides its owner. PURE. */

/**
 * OWNER: nobody else. SIGNED_IN: everybody with a valid token that carries `files:read` and who knows the file's id; READY
 * files only, and by id only: lists, history, tickets and changes stay the owner's.
 */
export type FileVisibility = "OWNER" | "SIGNED_IN";
