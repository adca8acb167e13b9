import type { ReactNode } from "react";
import { Icon } from "./icon.js";
import type { IconName } from "./icon.js";

interface IconButtonProps {
  readonly icon: IconName;
  /** What a screen reader says and a tooltip shows. */
  readonly label: string;
  readonly onClick?: () => void;
  readonly disabled?: boolean;
  /** The popover that it opens. */
  readonly popoverTarget?: string;
  /** For a button that opens and closes what has this id. */
  readonly "aria-controls"?: string;
  readonly "aria-expanded"?: boolean;
  /** Narrow pages have it in a menu. */
  readonly wideOnly?: boolean;
}

/** A button that is only a picture. */
export function IconButton({ icon, label, wideOnly, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      className={`icon-button${wideOnly ? " wide-only" : ""}`}
      type="button"
      title={label}
      aria-label={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
