import type { UploadRecord, UploadRecords } from "./records.js";

const STORE = "uploads";

/**
 * Records in IndexedDB, the one storage of browsers that keeps file handles. Where it is missing, blocked or broken
 * (private windows, full disks, embedded pages) nothing is kept and nothing is said: uploads go on, and a reload begins anew.
 * @param factory globalThis.indexedDB; undefined where there is none
 */
export function createIndexedDbRecords(factory: IDBFactory | undefined, databaseName = "signet"): UploadRecords {
  let opening: Promise<IDBDatabase> | undefined;

  const database = (): Promise<IDBDatabase> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const open = async (): Promise<IDBDatabase> => {
    if (!factory) throw new Error("there is no IndexedDB");
    const request = factory.open(databaseName, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "fileId" });
    const opened = await settled(request);
    const forget = (): void => (opening = undefined);
    // Another tab wants a newer version, or the person has cleared the site's data.
    opened.onversionchange = () => {
      opened.close();
      forget();
    };
    opened.onclose = forget;
    return opened;
  };
  const work = async <T>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | undefined> => {
    try {
      return await settled(act((await database()).transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return undefined;
    }
  };

  return {
    async list() {
      const records = (await work<UploadRecord[]>("readonly", (store) => store.getAll())) ?? [];
      return records.sort((a, b) => b.startedAtMs - a.startedAtMs);
    },
    async put({ handle, ...record }) {
      const kept = handle && (await work("readwrite", (store) => store.put({ ...record, handle })));
      // Some browsers know handles but cannot store them.
      if (kept === undefined) await work("readwrite", (store) => store.put(record));
    },
    async remove(fileId) {
      await work("readwrite", (store) => store.delete(fileId));
    },
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}
