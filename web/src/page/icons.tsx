import type { ReactNode } from "react";

/** Pictures that say nothing to a screen reader: the button around them has the name. */
function icon(...children: ReactNode[]): () => ReactNode {
  return () => (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      {children.map((child, index) => (
        // Parts of a picture never move.
        <g key={index}>{child}</g>
      ))}
    </svg>
  );
}

export const UploadIcon = icon(<path d="M12 15V4M7 9l5-5 5 5M4 15v5h16v-5" />);
export const LinkIcon = icon(
  <path d="M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7" />,
);
export const DownloadIcon = icon(<path d="M12 4v12M7 11l5 5 5-5M4 20h16" />);
export const MoreIcon = icon(
  <circle cx="5.5" cy="12" r=".6" />,
  <circle cx="12" cy="12" r=".6" />,
  <circle cx="18.5" cy="12" r=".6" />,
);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6L6 18" />);
export const RetryIcon = icon(<path d="M4 5v5h5M4.5 10a8 8 0 1 1-.4 4.5" />);
export const CheckIcon = icon(<path d="M5 12.5l4.5 4.5L19 7.5" />);
export const ClockIcon = icon(<circle cx="12" cy="12" r="9" />, <path d="M12 7v5l3 2" />);
export const WarnIcon = icon(<path d="M12 4L2.5 20h19zM12 10v4.5M12 17.3v.1" />);
export const MoonIcon = icon(<path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z" />);
export const SunIcon = icon(
  <circle cx="12" cy="12" r="4" />,
  <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />,
);
export const AutoIcon = icon(<circle cx="12" cy="12" r="8.5" />, <path d="M12 3.5v17A8.5 8.5 0 0 0 12 3.5z" fill="currentColor" />);
