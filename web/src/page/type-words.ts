/** Media types as people call them. PURE. */

const NAMES: Readonly<Record<string, string>> = {
  "application/gzip": "GZIP archive",
  "application/json": "JSON data",
  "application/msword": "Word document",
  "application/octet-stream": "Unknown",
  "application/pdf": "PDF document",
  "application/rtf": "RTF document",
  "application/vnd.ms-excel": "Excel workbook",
  "application/vnd.ms-powerpoint": "PowerPoint presentation",
  "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument spreadsheet",
  "application/vnd.oasis.opendocument.text": "OpenDocument text",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint presentation",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel workbook",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
  "application/x-7z-compressed": "7-Zip archive",
  "application/x-tar": "TAR archive",
  "application/xml": "XML data",
  "application/zip": "ZIP archive",
  "audio/mpeg": "MP3 audio",
  "image/svg+xml": "SVG image",
  "image/vnd.adobe.photoshop": "Photoshop image",
  "text/css": "CSS style sheet",
  "text/csv": "CSV table",
  "text/html": "HTML page",
  "text/javascript": "JavaScript",
  "text/markdown": "Markdown text",
  "text/plain": "Plain text",
  "video/quicktime": "QuickTime video",
};

const FAMILIES: Readonly<Record<string, string>> = { audio: "audio", font: "font", image: "image", video: "video" };
const NICE_NAMES: Readonly<Record<string, string>> = { WEBM: "WebM", WEBP: "WebP", OGG: "Ogg" };

/** "PNG image", "PDF document", "Plain text"; a type without a name of its own is named as it is. */
export function typeWords(mediaType: string): string {
  const named = NAMES[mediaType];
  if (named !== undefined) return named;
  const [family = "", format = ""] = mediaType.split("/", 2);
  const kind = FAMILIES[family];
  // Longer ones, as vnd.ms-photo, are no names that anybody knows.
  const short = /^(?:x-)?([a-z0-9]{2,6})$/.exec(format)?.[1]?.toUpperCase();
  if (kind === undefined || short === undefined) return mediaType;
  return `${NICE_NAMES[short] ?? short} ${kind}`;
}
