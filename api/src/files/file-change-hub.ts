/**
 * Who in this process waits for changes of whose files. One connection to the database brings the changes of all owners
 * (db/listen.ts); here each finds those who asked for it. PURE but for what it remembers.
 */

/** Says that a file of the owner has changed; what it has become is read afterwards. */
export type OnFileChange = (fileUuid: string) => void;

/** The way of a use case to hear of changes. */
export interface FileChanges {
  /** @returns how to end it. Idempotent */
  subscribe(ownerId: string, onChange: OnFileChange): () => void;
}

export interface FileChangeHub extends FileChanges {
  /** Takes a notification of the database: the owner's key, a space, the file's UUID. Others' are ignored. */
  receive(payload: string): void;
  /** After a gap in listening: everything since then is told to those who are here, once more or at last. */
  catchUp(since: Date): Promise<void>;
}

/** The channel; the trigger in the migration says the same name. */
export const FILE_CHANGES_CHANNEL = "files_changed";

interface Waiting {
  readonly ownerId: string;
  readonly listeners: Set<OnFileChange>;
}

/**
 * @param input.ownerKeyOf SHA-256 of the owner's id in hex, as the trigger computes it
 * @param input.changedSince what changed at or after an instant, of these owners
 */
export function createFileChangeHub(input: {
  ownerKeyOf: (ownerId: string) => string;
  changedSince: (ownerIds: readonly string[], since: Date) => Promise<readonly { ownerId: string; id: string }[]>;
}): FileChangeHub {
  const { ownerKeyOf, changedSince } = input;
  const waiting = new Map<string, Waiting>();

  const tell = (ownerKey: string, fileUuid: string): void => {
    for (const listener of waiting.get(ownerKey)?.listeners ?? []) listener(fileUuid);
  };

  return {
    subscribe(ownerId, onChange) {
      const ownerKey = ownerKeyOf(ownerId);
      const owner = waiting.get(ownerKey) ?? { ownerId, listeners: new Set() };
      // A function of its own: the same one may be handed in twice.
      const listener: OnFileChange = (fileUuid) => onChange(fileUuid);
      waiting.set(ownerKey, owner);
      owner.listeners.add(listener);
      return () => {
        owner.listeners.delete(listener);
        if (owner.listeners.size === 0 && waiting.get(ownerKey) === owner) waiting.delete(ownerKey);
      };
    },
    receive(payload) {
      const [ownerKey, fileUuid] = payload.split(" ");
      if (ownerKey !== undefined && fileUuid !== undefined) tell(ownerKey, fileUuid);
    },
    async catchUp(since) {
      const ownerIds = [...waiting.values()].map((owner) => owner.ownerId);
      if (ownerIds.length === 0) return;
      for (const { ownerId, id } of await changedSince(ownerIds, since)) tell(ownerKeyOf(ownerId), id);
    },
  };
}
