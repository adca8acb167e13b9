import { FileDetailsDocument, ThumbnailsDocument } from "../gql/graphql.js";
import type { FileDetailsQuery } from "../gql/graphql.js";
import type { Execute } from "./execute.js";
import { gather } from "./gather.js";

/** A link to a file's bytes for a while. A bearer link: show it, and forget it. */
export interface LivingUrl {
  /** Undefined: the file is not READY. */
  readonly url: string | undefined;
  /** How long it lives from the moment of the answer, in milliseconds, by the clock that signed it; 0 without a URL. */
  readonly urlLifeMs: number;
}

/** What is known about one file, with a link to show it. */
export type FileDetails = Omit<NonNullable<FileDetailsQuery["file"]>, "url" | "urlExpiresAt"> & LivingUrl;

/** What the page asks to show files. Calls reject with ApiError. */
export interface PreviewApi {
  /** Undefined when there is no such file. */
  details(id: string, signal?: AbortSignal): Promise<FileDetails | undefined>;
  /** A link to a picture for a row. Rows that ask within 50 ms of each other are one call. */
  thumbnail(id: string): Promise<LivingUrl>;
}

/** Rows become visible together; nobody sees a twentieth of a second. */
const WINDOW_MS = 50;
/** Few windows show more rows, and servers allow as many in a call and more. */
const AT_ONCE = 50;

/** These questions as GraphQL operations. */
export function createPreviewApi(execute: Execute): PreviewApi {
  const thumbnails = async (ids: readonly string[]): Promise<readonly LivingUrl[]> => {
    const { nodes, serverTime } = await execute(ThumbnailsDocument, { ids });
    return nodes.map((node) => {
      if (!node || !("url" in node) || !node.inlineAllowed) return GONE;
      const { url, urlExpiresAt } = node;
      return living({ url, urlExpiresAt }, serverTime);
    });
  };
  return {
    async details(id, signal) {
      const { file, serverTime } = await execute(FileDetailsDocument, { id }, { signal });
      return file ? { ...file, ...living(file, serverTime) } : undefined;
    },
    thumbnail: gather(thumbnails, { windowMs: WINDOW_MS, atOnce: AT_ONCE }),
  };
}

const GONE: LivingUrl = { url: undefined, urlLifeMs: 0 };

function living(
  { url, urlExpiresAt }: { readonly url: string | null; readonly urlExpiresAt: string | null },
  serverTime: string,
): LivingUrl {
  if (url === null || urlExpiresAt === null) return GONE;
  return { url, urlLifeMs: Math.max(0, Date.parse(urlExpiresAt) - Date.parse(serverTime)) };
}
