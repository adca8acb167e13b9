import type { ReactNode } from "react";
import drawings from "./icons.svg";

/** The drawings in icons.svg. */
export type IconName =
  | "upload"
  | "link"
  | "download"
  | "more"
  | "close"
  | "retry"
  | "pause"
  | "play"
  | "up"
  | "down"
  | "previous"
  | "next"
  | "check"
  | "clock"
  | "warn"
  | "dark"
  | "light"
  | "system"
  | "leave";

/** A picture that says nothing to a screen reader: the words beside it do. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" aria-hidden="true">
      <use href={`${drawings}#${name}`} />
    </svg>
  );
}
