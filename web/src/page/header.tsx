import { useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { Account } from "../api/file-calls.js";
import { percentOf } from "./format.js";
import { Icon } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { useTheme } from "./theme.js";

/** Percent of the quota from which on the bar warns. */
const NEARLY_FULL = 90;

interface HeaderProps {
  readonly account: Account | undefined;
  /** The view has a list to skip to. */
  readonly withList: boolean;
}

/** The top of every view: name, usage, theme. */
export function Header({ account, withList }: HeaderProps): ReactNode {
  const [theme, nextTheme] = useTheme();
  const usage = account?.viewer.usage;
  return (
    <header className="top">
      {withList && (
        <a className="skip" href="#search">
          {messages.skip}
        </a>
      )}
      <h1>
        <Icon name="upload" />
        {messages.title}
      </h1>
      {usage && <Usage used={usage.usedBytes} quota={usage.quotaBytes} />}
      <IconButton icon={theme} label={messages.theme[theme]} onClick={nextTheme} />
      <SignOut />
    </header>
  );
}

/** There is something to sign out of only where a provider has let the person in. */
function SignOut(): ReactNode {
  const { session, signIn } = usePageDeps();
  const { way, name } = useSyncExternalStore(signIn.subscribe, signIn.getSnapshot);
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot);
  if (way !== "PROVIDER" || state !== "SIGNED_IN") return null;
  return <IconButton icon="leave" label={messages.signIn.signOut(name)} onClick={() => void signIn.signOut()} />;
}

/** How full it is, in words and as a bar; the words are enough for a screen reader. */
function Usage({ used, quota }: { readonly used: number; readonly quota: number }): ReactNode {
  const percent = percentOf(used, quota);
  return (
    <div className="usage">
      <p>{messages.used(used, quota)}</p>
      <progress max={100} value={percent} aria-hidden="true" data-tone={percent > NEARLY_FULL ? "warn" : "active"} />
    </div>
  );
}
