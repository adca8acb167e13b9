/** Every word that the page says, in one place. */
import type { QueueSnapshot, UploadErrorCode, UploadItem, UploadProblem } from "../upload/index.js";
import { formatBytes, formatCount, formatDuration, percentOf } from "./format.js";

/**
 * A file name within a sentence: it stands out, and its writing direction is its own, so that none can turn the sentence
 * around (https://www.w3.org/International/articles/inline-bidi-markup/). {@link RichText} shows it.
 */
const strong = (name: string): string => `\u2068${name}\u2069`;

/** Why something failed: the cause, and what the person can do. */
export interface Trouble {
  readonly words: string;
  /** RETRY goes on from what is kept, AGAIN starts anew, CHOOSE needs the file once more, SIGN_IN a token. */
  readonly action: "RETRY" | "AGAIN" | "CHOOSE" | "NONE";
}

const files = (count: number): string => (count === 1 ? "1 file" : `${formatCount(count)} files`);

/** "2 of 7 files were". */
const someOf = (some: number, all: number): string =>
  `${all === 1 ? "" : `${formatCount(some)} of `}${files(all)} ${some === 1 ? "was" : "were"}`;

/** Kinds of files as people call them; other types are named as they are. */
const KINDS: Readonly<Record<string, string>> = {
  "image/*": "images",
  "video/*": "video",
  "audio/*": "audio",
  "text/*": "text",
  "application/pdf": "PDF",
  "application/zip": "ZIP",
};

const STATUSES: Readonly<Record<string, string>> = {
  PENDING: "Waiting",
  VERIFYING: "Checking",
  READY: "Ready",
  REJECTED: "Rejected",
};

/** "images, video, PDF"; undefined when everything is allowed. */
export function kindsAllowed(types: readonly string[]): string | undefined {
  if (types.length === 0 || types.includes("*/*") || types.includes("*")) return undefined;
  return types.map((type) => KINDS[type] ?? type).join(", ");
}

export const messages = {
  title: "Files",
  skip: "Skip to the list of files",
  close: "Close",
  theme: { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" },

  used: (used: number, quota: number) => `${formatBytes(used)} of ${formatBytes(quota)} used`,

  drop: {
    here: "Drop files here to upload",
    hereTouch: "Choose files to upload",
    anywhere: "Drop files anywhere on this page",
    overlay: (count: number) => (count > 0 ? `Drop ${files(count)} to upload` : "Drop to upload"),
    chooseFiles: "Choose files",
    chooseFolder: "Choose folder",
    limits: (maxSize: number, types: readonly string[]) =>
      `Up to ${formatBytes(maxSize)} each${kindsAllowed(types) ? ` · ${kindsAllowed(types)}` : ""}`,
    nothingYet: (linkSeconds: number | undefined) =>
      "Nothing uploaded yet. Files go straight from your browser to storage" +
      (linkSeconds === undefined ? "." : `; download links expire after ${formatDuration(linkSeconds)}.`),
  },

  refusedOnAdd: {
    title: (refused: number, all: number) => `${someOf(refused, all)} not added`,
    more: (count: number) => `and ${formatCount(count)} more`,
  },

  uploads: {
    title: ({ activeCount, failedCount, items: { length } }: QueueSnapshot<unknown>) => {
      if (activeCount > 0) return `Uploading ${formatCount(activeCount)} of ${files(length)}`;
      if (failedCount > 0) return `${someOf(failedCount, length)} not uploaded`;
      return length === 1 ? "1 file uploaded" : `All ${files(length)} uploaded`;
    },
    total: "All uploads",
    /** How far, how fast, how long: as much as is known. */
    facts: (sent: number, total: number, bytesPerSecond: number | undefined): readonly string[] => {
      const known = [`${formatBytes(sent)} of ${formatBytes(total)}`];
      if (bytesPerSecond) {
        known.push(
          `${formatBytes(Math.round(bytesPerSecond))}/s`,
          `${formatDuration((total - sent) / bytesPerSecond)} left`,
        );
      }
      return known;
    },
    percent: (percent: number) => `${percent}%`,
    valueText: (percent: number, facts: readonly string[]) => [`${percent} percent`, ...facts.slice(2)].join(", "),
    queued: "Waiting for its turn",
    preparing: "Preparing",
    confirming: "Uploaded – being checked",
    done: "Uploaded",
    cancel: (name: string) => `Cancel ${name}`,
    dismiss: (name: string) => `Remove ${name} from this list`,
    retry: "Retry",
    startAgain: "Start again",
    chooseFile: "Choose file",
    details: "Details",
    copyDetails: "Copy",
  },

  announce: {
    added: (count: number) => `${files(count)} added`,
    quarter: (percent: number) => `${percent}% uploaded`,
    finished: (names: readonly string[]) => `${names.length === 1 ? names[0] : files(names.length)} uploaded`,
    stopped: (name: string, words: string) => `${name}: ${words}`,
  },

  list: {
    heading: "Files",
    search: "Search by name",
    name: "Name",
    statusHead: "Status",
    loading: "Loading files",
    failed: "The list couldn't be loaded. Uploads go on.",
    tryAgain: "Try again",
    noMatch: (search: string) => `No file name contains “${search}”.`,
    showing: (shown: number, all: number | undefined) =>
      `Showing ${formatCount(shown)}${all === undefined ? "" : ` of ${formatCount(all)}`}`,
    more: "Show more",
    status: (status: string) => STATUSES[status] ?? "Unknown",
    actions: (name: string) => `More for ${name}`,
    open: "Open",
    download: "Download",
    downloadNamed: (name: string) => `Download ${name}`,
    copyLink: "Copy link",
    copyLinkNamed: (name: string) => `Copy the link to ${name}`,
    delete: "Delete",
  },

  toast: {
    region: "Messages",
    deleted: (name: string) => `Deleted ${strong(name)}`,
    restored: (name: string) => `${strong(name)} is back`,
    undo: "Undo",
    linkCopied: "Link copied",
    linkNotCopied: "Couldn't copy the link. Select it here:",
    notDeleted: (name: string) => `${strong(name)} couldn't be deleted. Try again in a moment.`,
    busy: (name: string) => `${strong(name)} is still being checked. Try again in a moment.`,
    notRestored: (name: string) => `${strong(name)} couldn't be brought back.`,
    noLink: (name: string) => `${strong(name)} can't be fetched right now. Try again in a moment.`,
  },

  signIn: {
    title: "Sign in",
    why: "This server asks for an access token. It is kept in this tab only.",
    again: "You have been signed out. Sign in to go on; finished parts are kept.",
    refused: "That token was not accepted. Check it and try again.",
    token: "Access token",
    submit: "Sign in",
  },

  openFile: {
    opening: "Opening the file",
    downloading: (name: string) => `${strong(name)} is being downloaded.`,
    notFound: {
      title: "This file is not there",
      why: "It may have been deleted, still be on its way, or belong to somebody else.",
    },
    failed: { title: "The file couldn't be opened", why: "The server did not answer." },
    toFiles: "Go to your files",
  },
} as const;

/** Why a file is refused before anything is sent. */
export const refusedOnAdd = {
  tooLarge: (name: string, size: number, limit: number) => {
    // A file that is a hair too large is told so to the byte.
    const exact = formatBytes(size) === formatBytes(limit);
    const said = (bytes: number): string => (exact ? `${formatCount(bytes)} bytes` : formatBytes(bytes));
    return `${strong(name)} is ${said(size)}. The limit is ${said(limit)} per file.`;
  },
  type: (name: string, types: readonly string[]) =>
    `${strong(name)} – this file type is not allowed here. Allowed: ${kindsAllowed(types) ?? "all"}.`,
};

/** What a waiting upload says. */
export function waitingWords(reason: UploadErrorCode): string {
  switch (reason) {
    case "OFFLINE":
      return "Connection lost – will go on by itself.";
    case "CHECKSUM":
      return "Some bytes arrived damaged, so nothing was saved from this part. Trying it again.";
    case "API":
      return "The server is busy. Going on in a moment.";
    default:
      return "Storage did not answer – trying again.";
  }
}

/** What a stopped upload says, and what can be done about it. */
export function uploadTrouble(item: Extract<UploadItem<unknown>, { phase: "failed" }>): Trouble {
  const { name, error, sentBytes, totalBytes } = item;
  const kept = `${percentOf(sentBytes, totalBytes)}% is kept.`;
  switch (error.code) {
    case "REFUSED":
      return refusedByServer(name, totalBytes, error.problem);
    case "REJECTED":
      return { words: rejectionWords(error.problem), action: "NONE" };
    case "BLOCKED":
      return {
        words:
          "The browser was not allowed to reach the storage server. An administrator has to allow this site (CORS).",
        action: "RETRY",
      };
    case "FILE_CHANGED":
      return {
        words: `${strong(name)} changed on your disk while it was uploading. Choose it again to upload the new version.`,
        action: "CHOOSE",
      };
    case "FILE_UNREADABLE":
      return {
        words: `${strong(name)} can't be read any more. It may have been moved or deleted.`,
        action: "CHOOSE",
      };
    case "CHECKSUM":
      return { words: "Some bytes kept arriving damaged, so nothing was saved from this part.", action: "RETRY" };
    case "GONE":
      return { words: "This upload was left for too long and has been cleaned up. Start it again.", action: "AGAIN" };
    case "SIGNED_OUT":
      return { words: "You have been signed out. Sign in to go on; finished parts are kept.", action: "RETRY" };
    case "API":
      return { words: `Stopped: the server did not answer. ${kept}`, action: "RETRY" };
    default:
      return { words: `Stopped: storage did not answer. ${kept}`, action: "RETRY" };
  }
}

function refusedByServer(name: string, size: number, problem: UploadProblem | undefined): Trouble {
  switch (problem?.code) {
    case "FILE_TOO_LARGE":
      return { words: refusedOnAdd.tooLarge(name, size, problem.maxSize ?? 0), action: "NONE" };
    case "TYPE_NOT_ALLOWED":
      return { words: refusedOnAdd.type(name, problem.allowedTypes ?? []), action: "NONE" };
    case "QUOTA_EXCEEDED":
      return {
        words: `There is room for ${formatBytes(problem.freeBytes ?? 0)} more. ${strong(name)} needs ${formatBytes(problem.neededBytes ?? size)}. Delete some files and try again.`,
        action: "AGAIN",
      };
    case "FILENAME_INVALID":
      return {
        words: `${strong(name)} – a name can't be empty, very long, or contain / or \\. Rename it and try again.`,
        action: "CHOOSE",
      };
    case "TOO_MANY_PENDING":
      return { words: "Too many uploads are open. Finish or cancel some and try again.", action: "AGAIN" };
    default:
      return { words: "The server did not accept this file.", action: problem?.retryable ? "AGAIN" : "NONE" };
  }
}

/** Why the content was not accepted. */
export function rejectionWords(verdict: Partial<UploadProblem> | undefined): string {
  const why =
    verdict?.code === "CONTENT_MISMATCH"
      ? `: the content is ${verdict.detectedType ?? "of no known type"}, but the name says ${verdict.declaredType ?? "otherwise"}`
      : "";
  return `Not accepted${why}. The file was deleted.`;
}
