import type { ReactNode } from "react";
import type { Account } from "../api/file-calls.js";
import { chooseFiles } from "./choose-files.js";
import { Icon } from "./icon.js";
import { messages } from "./messages.js";
import { defaultPolicy } from "./use-account.js";

interface DropCardProps {
  readonly account: Account | undefined;
  /** Nothing is there yet: the card fills the view and teaches. */
  readonly empty: boolean;
  readonly onFiles: (files: readonly File[]) => void;
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
        <Limits account={account} />
      </div>
      <div className="drop-buttons">
        <button className="primary" type="button" onClick={() => chooseFiles("many", onFiles)}>
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
function Limits({ account }: { readonly account: Account | undefined }): ReactNode {
  const policy = defaultPolicy(account);
  return <p>{policy ? messages.drop.limits(policy.maxSize, policy.allowedTypes) : "\u00a0"}</p>;
}
