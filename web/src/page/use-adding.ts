import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Account } from "../api/file-calls.js";
import { fileSource } from "../upload/browser.js";
import { checkFiles, roomAtWorst, roomLeft } from "./check-files.js";
import { rootFolders, withoutSystemFiles } from "./chosen-file.js";
import type { ChosenFile } from "./chosen-file.js";
import { readDrop } from "./dropped-files.js";
import { refusedOnAdd } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { ACCOUNT_KEY, defaultPolicy } from "./use-account.js";

/** From so many files on a folder is asked about, once. */
const ASK_ABOVE = 200;
/** A folder that is read faster needs no word about it. */
const SAY_READING_AFTER_MS = 300;

/** A folder with very many files, before any of them is sent. */
export interface FolderQuestion {
  readonly count: number;
  readonly bytes: number;
  readonly folders: readonly string[];
  readonly answer: (yes: boolean) => void;
}

/** What was not added in one go, and why. */
export interface NotAdded {
  /** Another one with each go. */
  readonly number: number;
  readonly reasons: readonly string[];
  /** Files in the same go. */
  readonly outOf: number;
  /** Files that systems keep for themselves in folders. */
  readonly leftOut: number;
  /** What deleted files keep of the room that was missing; 0 when none was. */
  readonly trashBytes: number;
  /** Tries those again that found no room. */
  readonly retry: (() => void) | undefined;
}

/** Reading a folder: how much has been found, and a way out. */
export interface Reading {
  readonly count: number;
  readonly stop: () => void;
}

/** The one way of files into the queue, whoever brings them. */
export interface Adding {
  readonly add: (files: readonly ChosenFile[]) => void;
  /** Must be called in the event itself. */
  readonly drop: (transfer: DataTransfer) => void;
  readonly reading: Reading | undefined;
  readonly question: FolderQuestion | undefined;
  readonly notAdded: NotAdded | undefined;
  readonly dismiss: () => void;
}

/** The files of one go. */
interface Taken {
  readonly files: readonly ChosenFile[];
  readonly unreadable: readonly string[];
  readonly leftOut: number;
}

/** @param account as it is known; without it the server decides alone */
export function useAdding(account: Account | undefined): Adding {
  const { files: api, queue } = usePageDeps();
  const client = useQueryClient();
  const [reading, setReading] = useState<Reading>();
  const [questions, setQuestions] = useState<readonly FolderQuestion[]>([]);
  const [notAdded, setNotAdded] = useState<NotAdded>();
  const lastNumber = useRef(0);
  const dismiss = useCallback(() => setNotAdded(undefined), []);
  // Files may wait for an answer; what is known by then counts.
  const known = useRef(account);
  useEffect(() => {
    known.current = account;
  }, [account]);

  const take = useMemo(() => {
    const show = (outcome: Omit<NotAdded, "number">): void => {
      const something = outcome.reasons.length > 0 || outcome.leftOut > 0;
      setNotAdded(something ? { ...outcome, number: ++lastNumber.current } : undefined);
    };
    /** What the server says of this account now; asked only when room is short. No answer refuses nothing. */
    const usageNow = (): Promise<Account["viewer"]["usage"] | undefined> =>
      client
        .fetchQuery({
          queryKey: ACCOUNT_KEY,
          queryFn: ({ signal }) => api.account(signal),
          staleTime: 0,
          retry: false,
          networkMode: "always",
        })
        .then(
          ({ viewer }) => viewer.usage,
          () => undefined,
        );
    const takeThem = async ({ files, unreadable, leftOut }: Taken): Promise<void> => {
      const cached = known.current?.viewer.usage;
      const fits = cached && bytesOf(files) <= roomAtWorst(cached, queue.getSnapshot());
      const usage = fits ? undefined : await usageNow();
      const { accepted, reasons, noRoom } = checkFiles(files, {
        policy: defaultPolicy(known.current),
        roomBytes: usage && roomLeft(usage, queue.getSnapshot()),
      });
      show({
        reasons: [...reasons, ...unreadable.map(refusedOnAdd.unreadable)],
        outOf: files.length + unreadable.length,
        leftOut,
        trashBytes: noRoom.length > 0 ? (usage?.trashBytes ?? 0) : 0,
        retry: noRoom.length > 0 ? () => void takeThem({ files: noRoom, unreadable: [], leftOut: 0 }) : undefined,
      });
      queue.add(accepted.map(({ file, path, handle }) => fileSource(file, { path, handle })));
    };
    return {
      them: (taken: Taken): void => void takeThem(taken),
      emptyFolder: () =>
        show({ reasons: [refusedOnAdd.emptyFolder], outOf: 0, leftOut: 0, trashBytes: 0, retry: undefined }),
    };
  }, [api, client, queue]);

  const receive = useCallback(
    (chosen: readonly ChosenFile[], unreadable: readonly string[] = []) => {
      const { kept, leftOut } = withoutSystemFiles(chosen);
      const folders = rootFolders(kept);
      if (kept.length + leftOut + unreadable.length === 0) return;
      if (folders.length === 0 || kept.length <= ASK_ABOVE) {
        take.them({ files: kept, unreadable, leftOut });
        return;
      }
      const answer = (yes: boolean): void => {
        setQuestions((open) => open.filter((one) => one !== question));
        if (yes) take.them({ files: kept, unreadable, leftOut });
      };
      const question: FolderQuestion = { count: kept.length, bytes: bytesOf(kept), folders, answer };
      setQuestions((open) => [...open, question]);
    },
    [take],
  );

  const drop = useCallback(
    (transfer: DataTransfer) => {
      const stopping = new AbortController();
      const stop = (): void => stopping.abort();
      let count = 0;
      const { withFolder, dropped } = readDrop(transfer, (found) => (count = found), stopping.signal);
      const say = (): void => setReading({ count, stop });
      const timer = withFolder ? setInterval(say, SAY_READING_AFTER_MS) : undefined;
      const over = (): void => {
        clearInterval(timer);
        setReading(undefined);
      };
      dropped.then(
        ({ files, unreadable }) => {
          over();
          receive(files, unreadable);
          if (withFolder && files.length + unreadable.length === 0) take.emptyFolder();
        },
        // Stopped by the person.
        over,
      );
    },
    [receive, take],
  );

  return { add: receive, drop, reading, question: questions[0], notAdded, dismiss };
}

function bytesOf(files: readonly ChosenFile[]): number {
  return files.reduce((sum, { file }) => sum + file.size, 0);
}
