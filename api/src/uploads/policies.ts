import type { PolicyDeclaration } from "./upload-policy.js";

/** The policies of this deployment, declared here and nowhere else. Sizes in bytes. PURE. */

const MIB = 1024 ** 2;

/** What every current browser shows in an `img`, and nothing that carries a script. */
const RASTER_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"] as const;

const OFFICE_OPEN_XML = "application/vnd.openxmlformats-officedocument";
const OPEN_DOCUMENT = "application/vnd.oasis.opendocument";

/**
 * What people write and read. Without the types made for macros, and without the compound files of Office before 2007:
 * each of those can carry one.
 */
const DOCUMENT_TYPES = [
  "application/pdf",
  `${OFFICE_OPEN_XML}.wordprocessingml.document`,
  `${OFFICE_OPEN_XML}.spreadsheetml.sheet`,
  `${OFFICE_OPEN_XML}.presentationml.presentation`,
  `${OPEN_DOCUMENT}.text`,
  `${OPEN_DOCUMENT}.spreadsheet`,
  `${OPEN_DOCUMENT}.presentation`,
  "application/epub+zip",
  "application/rtf",
  "text/rtf",
  "text/plain",
  "text/csv",
  "text/tab-separated-values",
  "text/markdown",
] as const;

/**
 * `default` is what an upload without a policy gets; it must stay. A name is kept with each file: changing what it means
 * changes at once who may read its files and what an unconfirmed upload is judged by; a file whose policy is gone is
 * judged as `default`, and is its owner's alone.
 */
export const POLICIES: readonly PolicyDeclaration[] = [
  {
    name: "default",
    description: "Every type, up to the largest file that this service takes.",
    maxSizeBytes: null,
    allowedTypes: ["*/*"],
    visibility: "OWNER",
  },
  {
    name: "image",
    description: "Pictures that browsers show: PNG, JPEG, GIF, WebP and AVIF.",
    maxSizeBytes: 25 * MIB,
    allowedTypes: RASTER_TYPES,
    visibility: "OWNER",
  },
  {
    name: "document",
    description:
      "PDF, Office and OpenDocument (not the types made for macros), EPUB, RTF, plain text, CSV and Markdown.",
    maxSizeBytes: 100 * MIB,
    allowedTypes: DOCUMENT_TYPES,
    visibility: "OWNER",
  },
];
