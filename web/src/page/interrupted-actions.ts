import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { chooseFiles } from "./choose-files.js";
import type { ChosenFile } from "./chosen-file.js";
import type { InterruptedUpload, Resumed } from "./interrupted-uploads.js";
import { usePageDeps } from "./page-deps.js";
import { ACCOUNT_KEY } from "./use-account.js";
import { FILES_KEY } from "./use-files.js";

/** Why an upload did not go on. CHANGED: the file that was kept is no longer the same. */
export type InterruptedTrouble =
  | { readonly kind: "DIFFERENT" | "CHANGED"; readonly chosen: ChosenFile }
  | { readonly kind: "UNREADABLE" | "FORBIDDEN" | "NOT_DISCARDED" };

/** What can be done with uploads that were interrupted. Outcomes show in what the hook gives. */
export interface InterruptedActions {
  /** Goes on with the file that was kept. Must be called in a click. */
  goOn(upload: InterruptedUpload): Promise<void>;
  /** Lets the person choose its file. Must be called in a click. */
  choose(upload: InterruptedUpload): void;
  /** Lets the person choose files for all of them. Must be called in a click. */
  chooseMany(uploads: readonly InterruptedUpload[]): void;
  /** The person has uploaded the other file as a new one. When that is the changed one, nobody can end the old upload. */
  replaced(upload: InterruptedUpload): void;
  discard(upload: InterruptedUpload): Promise<void>;
}

/** Chosen files that belong to none of the uploads. */
export interface Strangers {
  readonly count: number;
  readonly outOf: number;
}

/**
 * @param onPress called when a button was pressed, before anything happens
 * @param onLeave called when an upload needs no more from the person: this tab goes on with it, or it was given up
 */
export function useInterruptedActions(onPress: () => void, onLeave: (upload: InterruptedUpload) => void) {
  const { interrupted } = usePageDeps();
  const client = useQueryClient();
  const [troubles, setTroubles] = useState<ReadonlyMap<string, InterruptedTrouble>>(new Map());
  const [strangers, setStrangers] = useState<Strangers>();

  const say = ({ record }: InterruptedUpload, trouble?: InterruptedTrouble): void =>
    setTroubles((before) => {
      const after = new Map(before);
      after.delete(record.fileId);
      return trouble ? after.set(record.fileId, trouble) : after;
    });
  const leave = (upload: InterruptedUpload): void => {
    say(upload);
    onLeave(upload);
  };
  const end = (upload: InterruptedUpload, resumed: Resumed, ifDifferent: "DIFFERENT" | "CHANGED"): void => {
    if (resumed.outcome === "TAKEN") leave(upload);
    else if (resumed.outcome === "DIFFERENT") say(upload, { kind: ifDifferent, chosen: resumed.chosen });
    else say(upload, { kind: resumed.outcome });
  };
  /** Each file goes on with the first upload that it fits. */
  const match = async (uploads: readonly InterruptedUpload[], files: readonly ChosenFile[]): Promise<void> => {
    const open = new Set(uploads);
    let count = 0;
    for (const chosen of files) {
      const before = open.size;
      for (const upload of open) {
        if ((await interrupted.resumeWith(upload, chosen)).outcome !== "TAKEN") continue;
        open.delete(upload);
        leave(upload);
        break;
      }
      if (open.size === before) count++;
    }
    setStrangers(count > 0 ? { count, outOf: files.length } : undefined);
  };

  const actions: InterruptedActions = {
    async goOn(upload) {
      onPress();
      end(upload, await interrupted.resumeKept(upload), "CHANGED");
    },
    choose(upload) {
      onPress();
      chooseFiles("one", ([chosen]) => {
        if (chosen) void interrupted.resumeWith(upload, chosen).then((resumed) => end(upload, resumed, "DIFFERENT"));
      });
    },
    chooseMany(uploads) {
      onPress();
      chooseFiles("many", (files) => void match(uploads, files));
    },
    replaced(upload) {
      onPress();
      if (troubles.get(upload.record.fileId)?.kind === "CHANGED") void actions.discard(upload);
      else say(upload);
    },
    async discard(upload) {
      onPress();
      if (!(await interrupted.discard(upload))) return say(upload, { kind: "NOT_DISCARDED" });
      leave(upload);
      void client.invalidateQueries({ queryKey: FILES_KEY });
      void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
    },
  };
  return { actions, troubles, strangers };
}
