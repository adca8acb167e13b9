/** What a file is, from what it was said to be and what its first bytes say. PURE. */

/**
 * Names that one format goes by, or formats of one family whose first bytes do not always tell them apart (ISO media,
 * Ogg, TIFF raws, fonts). Within a group no difference is a mismatch; the found type is what the bytes say.
 */
const GROUPS: readonly (readonly string[])[] = [
  ["image/jpeg", "image/jpg", "image/pjpeg"],
  ["image/png", "image/apng", "image/x-png", "image/vnd.mozilla.apng"],
  ["image/avif", "image/avif-sequence", "image/heif", "image/heic", "image/heif-sequence", "image/heic-sequence"],
  [
    "image/tiff",
    "image/tif",
    "image/x-tiff",
    "image/x-adobe-dng",
    "image/dng",
    "image/x-canon-cr2",
    "image/x-nikon-nef",
    "image/x-sony-arw",
    "image/x-olympus-orf",
    "image/x-panasonic-rw2",
  ],
  ["image/x-canon-cr3", "image/x-cr3"],
  ["image/bmp", "image/x-bmp", "image/x-ms-bmp"],
  ["image/x-icon", "image/vnd.microsoft.icon", "image/ico"],
  ["image/vnd.adobe.photoshop", "image/x-photoshop", "application/x-photoshop", "application/photoshop", "image/psd"],
  ["image/vnd.ms-photo", "image/jxr"],
  ["image/jp2", "image/jpx", "image/jpm", "image/mj2", "video/mj2", "image/jpeg2000"],
  ["image/j2c", "image/x-jp2-codestream"],
  ["image/vnd.dwg", "application/acad", "application/x-acad", "image/x-dwg"],
  [
    "video/mp4",
    "video/x-m4v",
    "video/m4v",
    "audio/mp4",
    "audio/x-m4a",
    "audio/m4a",
    "audio/m4b",
    "audio/x-m4b",
    "application/mp4",
    "video/quicktime",
    "video/3gpp",
    "video/3gpp2",
    "audio/3gpp",
    "audio/3gpp2",
  ],
  ["video/webm", "audio/webm", "video/matroska", "video/x-matroska", "audio/matroska", "audio/x-matroska"],
  ["audio/ogg", "video/ogg", "application/ogg", "audio/opus", "audio/x-ogg", "video/x-ogg", "audio/vorbis"],
  ["audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg", "audio/x-mpeg-3", "audio/mpg"],
  ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"],
  ["audio/flac", "audio/x-flac"],
  ["audio/aac", "audio/x-aac", "audio/aacp", "audio/x-hx-aac-adts"],
  ["audio/aiff", "audio/x-aiff"],
  ["audio/midi", "audio/mid", "audio/x-midi", "audio/sp-midi"],
  ["audio/ape", "audio/x-ape"],
  ["audio/wavpack", "audio/x-wavpack"],
  ["audio/vnd.dolby.dd-raw", "audio/ac3"],
  ["video/vnd.avi", "video/avi", "video/x-msvideo", "video/msvideo"],
  ["video/x-flv", "video/flv"],
  [
    "application/vnd.ms-asf",
    "video/x-ms-asf",
    "audio/x-ms-asf",
    "video/x-ms-wmv",
    "audio/x-ms-wma",
    "video/x-ms-wm",
    "video/asf",
  ],
  ["video/mpeg", "video/mpg", "video/x-mpeg", "video/mp1s", "video/mp2p", "video/mp2t"],
  ["application/zip", "application/x-zip-compressed", "application/x-zip"],
  ["application/gzip", "application/x-gzip", "application/x-tgz", "application/x-compressed-tar"],
  ["application/x-bzip2", "application/x-bzip", "application/bzip2"],
  ["application/x-7z-compressed", "application/x-7z", "application/7z"],
  ["application/x-rar-compressed", "application/vnd.rar", "application/x-rar", "application/rar"],
  ["application/x-tar", "application/tar", "application/x-gtar", "application/x-ustar"],
  ["application/x-lzh-compressed", "application/x-lzh", "application/x-lha"],
  ["application/x-lzip", "application/lzip"],
  ["application/x-xz", "application/xz"],
  ["application/zstd", "application/x-zstd"],
  ["application/pdf", "application/x-pdf"],
  ["application/rtf", "text/rtf", "application/x-rtf", "text/richtext"],
  // Illustrator's .ai is named postscript by most systems and is a PDF inside.
  ["application/postscript", "application/eps", "application/x-eps", "image/x-eps", "application/illustrator"],
  ["application/xml", "text/xml"],
  ["text/vcard", "text/x-vcard", "text/directory"],
  ["text/calendar", "text/x-vcalendar"],
  ["font/ttf", "font/otf", "font/sfnt", "font/collection", "application/x-font-ttf", "application/x-font-otf"],
  ["font/woff", "application/font-woff", "application/x-font-woff"],
  ["font/woff2", "application/font-woff2"],
  ["application/x-sqlite3", "application/vnd.sqlite3"],
  ["application/java-archive", "application/x-java-archive"],
  ["application/java-vm", "application/java", "application/x-java"],
  ["application/x-deb", "application/vnd.debian.binary-package", "application/x-debian-package"],
  ["application/x-rpm", "application/x-redhat-package-manager"],
  ["application/x-shockwave-flash", "application/vnd.adobe.flash.movie"],
  ["application/x-msdownload", "application/vnd.microsoft.portable-executable", "application/x-dosexec"],
  ["application/x-elf", "application/x-executable", "application/x-sharedlib", "application/x-object"],
  ["application/vnd.tcpdump.pcap", "application/x-pcapng"],
];

/** What the bytes are called, where the detector's own name is not the common one. */
const COMMON_NAMES: Readonly<Record<string, string>> = {
  "image/apng": "image/png",
  "audio/x-m4a": "audio/mp4",
  "video/x-m4v": "video/mp4",
};

/**
 * Detectable types of which files without the signature exist: XML without a declaration, binary STL, a disk image whose
 * signature stands at its end, and TypeScript, which many systems name MPEG-TS for its `.ts`. Silence is no evidence
 * against them. None of them is ever shown inline.
 */
const SIGNATURE_OPTIONAL: ReadonlySet<string> = new Set([
  "application/xml",
  "text/xml",
  "model/stl",
  "video/mp2t",
  "application/x-apple-diskimage",
  "application/pgp-encrypted",
  "application/x-cpio",
  "application/vnd.tcpdump.pcap",
  "application/x-pcapng",
  "application/x.autodesk.fbx",
]);

const OPEN_DOCUMENTS = /^application\/vnd\.(openxmlformats-officedocument|oasis\.opendocument)\.|\.macroenabled\.12$/;
const ZIP_BASED: ReadonlySet<string> = new Set([
  "application/java-archive",
  "application/x-java-archive",
  "application/vnd.android.package-archive",
  "application/x-xpinstall",
  "application/vnd.visio",
  "application/vnd.ms-visio.drawing",
  "application/vnd.google-earth.kmz",
  "application/vnd.ms-xpsdocument",
  "application/oxps",
  "application/x-cbz",
  "model/3mf",
]);
const COMPOUND_FILE_BASED: ReadonlySet<string> = new Set([
  "application/msword",
  "application/vnd.ms-excel",
  "application/vnd.ms-powerpoint",
  "application/vnd.ms-outlook",
  "application/vnd.ms-project",
  "application/vnd.visio",
  "application/x-msi",
]);

/** What Office wrote before 2007, and writes to this day when a document is encrypted. */
export const COMPOUND_FILE = "application/x-cfb";

/** Formats that lie in another one; whoever sees only the container has not seen a difference. */
const CONTAINERS: Readonly<Record<string, (mediaType: string) => boolean>> = {
  "application/zip": (type) => type.endsWith("+zip") || OPEN_DOCUMENTS.test(type) || ZIP_BASED.has(type),
  // Office encrypts a modern document by putting it into an old compound file.
  [COMPOUND_FILE]: (type) => COMPOUND_FILE_BASED.has(type) || OPEN_DOCUMENTS.test(type),
  "application/xml": (type) => type.endsWith("+xml"),
  "application/pdf": (type) => type === "application/postscript" || type === "application/illustrator",
};

/** What bytes are called of which nothing is known. */
export const UNKNOWN_TYPE = "application/octet-stream";

const GROUP_OF = new Map(GROUPS.flatMap((group) => group.map((type) => [type, group] as const)));

/** ACCEPT: `contentType` is the found type. MISMATCH: the bytes are not of the declared type; null: of no known type. */
export type TypeVerdict =
  { verdict: "ACCEPT"; contentType: string } | { verdict: "MISMATCH"; detectedType: string | null };

/**
 * Judges a file by its first bytes (docs/upload-protocol.md, "Found type"): what was detected holds; a declared type
 * holds where the detector could not have known it; a declared type that it would have known, and did not find, is a
 * mismatch.
 * @param input.declaredType lower case, no parameters
 * @param input.detected null: the detector knows nothing like it; TIMEOUT: it gave no answer, so the type stays unknown
 * @param input.detectable every type that the detector can answer: lower case, no parameters
 */
export function judgeType(input: {
  declaredType: string;
  detected: string | null | "TIMEOUT";
  sizeBytes: number;
  detectable: ReadonlySet<string>;
}): TypeVerdict {
  const { declaredType, detected, sizeBytes, detectable } = input;
  const group = GROUP_OF.get(declaredType) ?? [declaredType];
  const isDetectable = group.some((type) => detectable.has(type));
  if (detected === "TIMEOUT") return accept(UNKNOWN_TYPE);
  if (sizeBytes === 0) return accept(isDetectable ? UNKNOWN_TYPE : declaredType);
  if (detected === null) {
    return isDetectable && !SIGNATURE_OPTIONAL.has(declaredType)
      ? { verdict: "MISMATCH", detectedType: null }
      : accept(declaredType);
  }
  const bare = detected.toLowerCase().split(";", 1)[0]!.trim();
  const found = COMMON_NAMES[bare] ?? bare;
  if (CONTAINERS[found]?.(declaredType) === true) return accept(declaredType);
  const fits = group.includes(bare) || group.includes(found) || isContentOf(found, group);
  return fits || !isDetectable ? accept(found) : { verdict: "MISMATCH", detectedType: found };
}

/** The declared type is the container (under any of its names), and the detector looked inside. */
function isContentOf(found: string, declaredGroup: readonly string[]): boolean {
  return declaredGroup.some((type) => CONTAINERS[type]?.(found) === true);
}

function accept(contentType: string): TypeVerdict {
  return { verdict: "ACCEPT", contentType };
}
