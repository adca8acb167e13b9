import type { ReactNode } from "react";
import type { Account } from "../api/file-calls.js";
import { Icon } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { useTheme } from "./theme.js";

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
      {usage && <p className="usage">{messages.used(usage.usedBytes, usage.quotaBytes)}</p>}
      <IconButton icon={theme} label={messages.theme[theme]} onClick={nextTheme} />
    </header>
  );
}
