import type { ReactNode } from "react";
import type { Account } from "../api/file-calls.js";
import { chooseFiles } from "./choose-files.js";
import type { ChosenFile } from "./chosen-file.js";
import { Icon } from "./icon.js";
import { messages } from "./messages.js";
import { defaultPolicy } from "./use-account.js";

const CHOOSE_ID = "choose-files";

/** Where the focus goes when what had it is gone and nothing is next to it. */
export function focusChoose(): void {
  document.getElementById(CHOOSE_ID)?.focus();
}

interface DropCardProps {
  readonly account: Account | undefined;
  /** Nothing is there yet: the card fills the view and teaches. */
  readonly empty: boolean;
  readonly onFiles: (files: readonly ChosenFile[]) => void;
}

/** The way in: buttons first, dropping as an extra, limits before the mistake. */
export function DropCard({ account, empty, onFiles }: DropCardProps): ReactNode {
  return (
    <section className={empty ? "drop-card is-empty" : "drop-card"} aria-labelledby="drop-title">
      <Icon name="upload" />
      <div className="drop-words">
        <h2 id="drop-title">
          <span className="for-mouse">{empty ? messages.drop.here : messages.drop.anywhere}</span>
          <span className="for-touch">{messages.drop.hereTouch}</span>
        </h2>
        <Limits account={account} empty={empty} />
        {!globalThis.isSecureContext && <p className="insecure">{messages.insecure}</p>}
      </div>
      <div className="drop-buttons">
        <button id={CHOOSE_ID} className="primary" type="button" onClick={() => chooseFiles("many", onFiles)}>
          {messages.drop.chooseFiles}
        </button>
        <button className="for-mouse" type="button" onClick={() => chooseFiles("folder", onFiles)}>
          {messages.drop.chooseFolder}
        </button>
      </div>
    </section>
  );
}

/** Covers the page while files are held over it. Decoration: the drop is taken by the window. */
export function DropOverlay({
  count,
  account,
}: {
  readonly count: number;
  readonly account: Account | undefined;
}): ReactNode {
  return (
    <div className="drop-overlay" aria-hidden="true">
      <p className="drop-overlay-title">{messages.drop.overlay(count)}</p>
      <Limits account={account} />
    </div>
  );
}

/** What is allowed, said before the mistake; an empty line until it is known. */
function Limits({ account, empty }: { readonly account: Account | undefined; readonly empty?: boolean }): ReactNode {
  const policy = defaultPolicy(account);
  return (
    <p>
      {policy ? messages.drop.limits(policy.maxSize, policy.allowedTypes, shortRoom(account)) : "\u00a0"}
      {policy && empty && <span className="for-mouse">{messages.drop.pasteToo}</span>}
    </p>
  );
}

/** Bytes that are left, where one file of the largest kind would not fit any more; else nobody needs to know. */
function shortRoom(account: Account | undefined): number | undefined {
  const limit = defaultPolicy(account)?.maxSize;
  if (!account || limit === undefined) return undefined;
  const { quotaBytes, usedBytes, reservedBytes } = account.viewer.usage;
  const room = Math.max(0, quotaBytes - usedBytes - reservedBytes);
  return room < limit ? room : undefined;
}
