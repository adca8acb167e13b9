import { extname } from "node:path";

/**
 * Types that nobody can recognise by looking at the bytes. Everything else is declared as unknown: the server looks at the
 * bytes and says what they are, whereas a wrong guess by the name would be refused.
 */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".csv": "text/csv",
  ".htm": "text/html",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".log": "text/plain",
  ".md": "text/markdown",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".tsv": "text/tab-separated-values",
  ".txt": "text/plain",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
};

/** The media type to declare for a file of this name; empty when its bytes tell better. */
export function mediaTypeOf(path: string): string {
  return TEXT_TYPES[extname(path).toLowerCase()] ?? "";
}
