/** Every word that the page says, in one place. */
import type { QueueSnapshot, UploadErrorCode, UploadItem, UploadProblem } from "../upload/index.js";
import { formatBytes, formatCount, formatDuration, formatWhen, percentOf, spokenDuration } from "./format.js";
import type { ListFilter, ListOrder } from "./list-view.js";

/**
 * A file name within a sentence: it stands out, and its writing direction is its own, so that none can turn the sentence
 * around (https://www.w3.org/International/articles/inline-bidi-markup/). {@link RichText} shows it.
 */
const strong = (name: string): string => `\u2068${name}\u2069`;

/** Why something failed: the cause, and what the person can do. */
export interface Trouble {
  readonly words: string;
  /** RETRY goes on from what is kept, AGAIN starts anew, CHOOSE needs the file once more, SIGN_IN a token. */
  readonly action: "RETRY" | "AGAIN" | "CHOOSE" | "SIGN_IN" | "NONE";
}

const files = (count: number): string => (count === 1 ? "1 file" : `${formatCount(count)} files`);

/** The name of one, the number of many. */
const oneOr = (names: readonly string[]): string => (names.length === 1 ? (names[0] ?? "") : files(names.length));

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

/** Lists that a filter has left empty. */
const NONE_HERE: Readonly<Partial<Record<ListFilter, string>>> = {
  open: "Nothing is on its way.",
  rejected: "No file has been rejected.",
  deleted: "Nothing has been deleted lately.",
  images: "No images here.",
  video: "No video here.",
  audio: "No audio here.",
  documents: "No documents here.",
};

/** One file by its name, several by their count. */
const oneStrong = (names: readonly string[]): string =>
  names.length === 1 ? strong(names[0] ?? "") : files(names.length);

/** "3 of 20 files". */
const oneOutOf = (names: readonly string[], outOf: number): string =>
  names.length === 1 ? strong(names[0] ?? "") : `${formatCount(names.length)} of ${files(outOf)}`;

/** What has been proven about the bytes. */
const INTEGRITIES: Readonly<Record<string, string>> = {
  SHA256: "Whole content, SHA-256",
  PARTS_SHA256: "Every part on arrival, SHA-256",
  SIZE_ONLY: "The size alone",
};

/** "images, video, PDF"; undefined when everything is allowed. */
export function kindsAllowed(types: readonly string[]): string | undefined {
  if (types.length === 0 || types.includes("*/*") || types.includes("*")) return undefined;
  return types.map((type) => KINDS[type] ?? type).join(", ");
}

export const messages = {
  title: "Files",
  titleWhile: (percent: number) => `${percent}% – Files`,
  insecure: "This page is not served over https: hashing is slower and resume needs re-picking.",
  skip: "Skip to the list of files",
  close: "Close",
  dialog: { cancel: "Cancel" },
  theme: { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" },

  used: (used: number, quota: number) => `${formatBytes(used)} of ${formatBytes(quota)} used`,

  drop: {
    here: "Drop files here to upload",
    hereTouch: "Choose files to upload",
    anywhere: "Drop files anywhere on this page",
    overlay: (count: number) => (count > 0 ? `Drop ${files(count)} to upload` : "Drop to upload"),
    chooseFiles: "Choose files",
    chooseFolder: "Choose folder",
    pasteToo: " · paste works too",
    /** @param room bytes that are left, where they are short */
    limits: (maxSize: number, types: readonly string[], room: number | undefined) =>
      [
        `Up to ${formatBytes(maxSize)} each`,
        kindsAllowed(types),
        room === undefined ? undefined : room > 0 ? `room for ${formatBytes(room)} more` : "no room left",
      ]
        .filter(Boolean)
        .join(" · "),
    nothingYet: (linkSeconds: number | undefined) =>
      "Nothing uploaded yet. Files go straight from your browser to storage" +
      (linkSeconds === undefined ? "." : `; download links expire after ${spokenDuration(linkSeconds)}.`),
  },

  refusedOnAdd: {
    title: (refused: number, all: number) => `${someOf(refused, all)} not added`,
    more: (count: number) => `and ${formatCount(count)} more`,
    trash: (bytes: number) => `Files in the trash still take ${formatBytes(bytes)}.`,
    leftOut: (count: number) =>
      count === 1
        ? "1 system file, such as .DS_Store, was left out."
        : `${formatCount(count)} system files, such as .DS_Store, were left out.`,
  },

  folder: {
    reading: "Reading the folder…",
    found: (count: number) => files(count),
    stop: "Stop",
    ask: (count: number, bytes: number, folders: readonly string[]) =>
      `Upload ${files(count)} (${formatBytes(bytes)}) from ${folders.length === 1 ? folders[0] : `${formatCount(folders.length)} folders`}?`,
    why: "Nothing has been sent yet. You can pause or cancel at any time.",
    yes: "Upload",
  },

  uploads: {
    title: ({ activeCount, pausedCount, failedCount, items: { length } }: QueueSnapshot<unknown>) => {
      if (activeCount > 0) return `Uploading ${formatCount(activeCount)} of ${files(length)}`;
      if (pausedCount > 0) return `Paused ${formatCount(pausedCount)} of ${files(length)}`;
      if (failedCount > 0) return `${someOf(failedCount, length)} not uploaded`;
      return length === 1 ? "1 file uploaded" : `All ${files(length)} uploaded`;
    },
    total: "All uploads",
    /** How far, how fast, how long: as much as is known. QUIET: no byte has moved for a while. */
    facts: (
      sent: number,
      total: number,
      bytesPerSecond?: number | "QUIET",
      toGo: number = total - sent,
    ): readonly string[] => {
      const known = [`${formatBytes(sent)} of ${formatBytes(total)}`];
      if (bytesPerSecond === "QUIET") known.push("waiting for the network");
      else if (bytesPerSecond) {
        known.push(`${formatBytes(Math.round(bytesPerSecond))}/s`, `${formatDuration(toGo / bytesPerSecond)} left`);
      }
      return known;
    },
    size: (bytes: number) => formatBytes(bytes),
    percent: (percent: number) => `${percent}%`,
    /** What a screen reader says of a bar when it is asked. */
    valueText: (item: UploadItem<unknown>, percent: number) => {
      const { phase, totalBytes, sentBytes, bytesPerSecond } = item;
      if (phase === "done") return "uploaded";
      const left = bytesPerSecond ? `, ${spokenDuration((totalBytes - sentBytes) / bytesPerSecond)} left` : "";
      return `${percent} percent${phase === "paused" ? ", paused" : left}`;
    },
    more: (more: number, done: number) =>
      `and ${formatCount(more)} more${done > 0 ? `; ${formatCount(done)} uploaded so far` : ""}`,
    pauseAll: "Pause all",
    resumeAll: "Resume all",
    retryAll: "Retry all",
    cancelAll: "Cancel all",
    cancelAllTitle: (count: number) => `Cancel ${count === 1 ? "1 upload" : `${formatCount(count)} uploads`}?`,
    cancelAllWords: (sent: number) =>
      sent > 0 ? `${formatBytes(sent)} have been sent and would be thrown away.` : "Nothing of them has been sent yet.",
    cancelAllYes: "Cancel uploads",
    collapse: "Show one line of the uploads",
    expand: "Show all uploads",
    pause: (name: string) => `Pause ${name}`,
    resume: (name: string) => `Resume ${name}`,
    queued: "Waiting for its turn",
    /** What the store already has of it is compared with the file first. */
    preparing: ({ fileId }: Pick<UploadItem<unknown>, "fileId">) =>
      fileId === undefined ? "Preparing" : "Checking what is already there",
    paused: (percent: number) => `Paused at ${percent}%`,
    confirming: "Uploaded – being checked",
    done: "Uploaded",
    cancel: (name: string) => `Cancel ${name}`,
    dismiss: (name: string) => `Remove ${name} from this list`,
    retry: "Retry",
    startAgain: "Start again",
    chooseFile: "Choose file",
    details: "Details",
    copyDetails: "Copy",
    detailsCopied: "Copied",
  },

  interrupted: {
    title: (count: number) => `${count === 1 ? "1 upload was" : `${formatCount(count)} uploads were`} interrupted.`,
    elsewhereTitle: "Uploading in another tab",
    /** @param percent undefined while the store does not tell */
    stopped: (name: string, percent: number | undefined) =>
      `${strong(name)} stopped ${percent === undefined ? "on its way" : `at ${percent}%`}.`,
    chooseSame: "Choose the same file to go on from there.",
    chooseSameMany: "Choose the same files to go on from there.",
    goOn: "It can go on from there.",
    kept: (name: string) => `Kept of ${name}`,
    elsewhere: (name: string) => `${strong(name)} is already uploading in another tab.`,
    different: (name: string, size: number, saved: Date) =>
      `That is a different file: ${strong(name)} was ${formatBytes(size)}, saved ${formatWhen(saved.toISOString(), new Date())}.`,
    changed: (name: string, size: number, saved: Date) =>
      `${strong(name)} has changed on your disk: it was ${formatBytes(size)}, saved ${formatWhen(saved.toISOString(), new Date())}.`,
    otherSize: (name: string, size: number) => `That is a different file: ${strong(name)} is ${formatBytes(size)}.`,
    forbidden: (name: string) => `The browser was not allowed to open ${strong(name)}. Choose the same file to go on.`,
    notDiscarded: (name: string) => `${strong(name)} couldn't be discarded. Try again in a moment.`,
    notAmong: (strangers: number, chosen: number) =>
      `${someOf(strangers, chosen)} not among these, or changed on your disk since.`,
    continue: "Continue",
    chooseFile: "Choose file",
    chooseFiles: "Choose files",
    startNew: "Start new",
    discard: "Discard",
    /** For screen readers, after the button's word. */
    ofFile: (name: string) => ` ${name}`,
    forFile: (name: string) => ` for ${name}`,
    toGoOn: " to go on with",
  },

  announce: {
    added: (count: number) => `${files(count)} added`,
    quarter: (percent: number) => `${percent}% uploaded`,
    finished: (names: readonly string[]) => `${oneOr(names)} uploaded`,
    paused: (names: readonly string[]) => `${oneOr(names)} paused`,
    resumed: (names: readonly string[]) => `${oneOr(names)} resumed`,
    /** Most sentences about a file name it. */
    stopped: (name: string, words: string) => (words.includes(strong(name)) ? words : `${name}: ${words}`),
    stoppedMany: (count: number) => `${files(count)} stopped and need you. See the uploads.`,
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
    preview: "Preview",
    rename: "Rename",
    select: "Select",
    continueUpload: "Continue upload…",
    delete: "Delete",
    noneHere: (filter: ListFilter) => NONE_HERE[filter] ?? "Nothing here.",
    showAll: "Show all files",
    order: "Order",
    orders: {
      newest: "Newest first",
      oldest: "Oldest first",
      name: "By name",
      largest: "Largest first",
      smallest: "Smallest first",
    } satisfies Record<ListOrder, string>,
    show: "Show",
    filters: {
      all: "All files",
      ready: "Ready",
      open: "In progress",
      rejected: "Rejected",
      images: "Images",
      video: "Video",
      audio: "Audio",
      documents: "Documents",
      deleted: "Recently deleted",
    } satisfies Record<ListFilter, string>,
  },

  selection: {
    pick: (name: string) => `Select ${name}`,
    count: (count: number) => `${files(count)} selected`,
    clear: "Clear selection",
  },

  rename: {
    label: (name: string) => `New name for ${name}`,
    invalid: "A name can't be empty, longer than 255 bytes, or contain / or \\.",
    conflict: "This file can't be renamed now.",
    gone: "This file is not there any more.",
    failed: "The name couldn't be changed. Try again in a moment.",
  },

  trash: {
    heading: "Recently deleted",
    deleted: (when: string) => `Deleted ${when}`,
    purged: (seconds: number) => (seconds > 0 ? `gone for good in ${formatDuration(seconds)}` : "about to go for good"),
    /** @param bytes what deleting forever would free; undefined until it is known */
    words: (bytes: number | undefined) =>
      `Restore what you need.${bytes === undefined ? "" : ` Deleting all of it forever frees ${formatBytes(bytes)}.`}`,
    restore: "Restore",
    restoreNamed: (name: string) => `Restore ${name}`,
    forever: "Delete forever",
    foreverTitle: (names: readonly string[]) =>
      `Delete ${names.length === 1 ? names[0] : files(names.length)} forever?`,
    foreverWords: "The bytes are deleted now, and links to them end. This cannot be undone.",
    manyTitle: (count: number) => `Delete ${files(count)}?`,
    manyWords: (seconds: number | undefined) =>
      `They can be brought back from “Recently deleted”${seconds === undefined ? "" : ` for ${formatDuration(seconds)}`}.`,
  },

  preview: {
    open: (name: string) => `Preview ${name}`,
    previous: "Previous file",
    next: "Next file",
    loading: "Loading the preview",
    failed: "The preview couldn't be loaded.",
    gone: "This file is not there any more.",
    left: (name: string) => `${strong(name)} is no longer in this list.`,
    none: (ready: boolean) => (ready ? "No preview for this file." : "There is a preview once the file is ready."),
    content: (name: string) => `Content of ${name}`,
    cut: (shown: number, all: number) => `The first ${formatBytes(shown)} of ${formatBytes(all)}`,
    copy: "Copy",
    /** For screen readers, after the button's word. */
    theDigest: " the SHA-256",
    digestCopied: "SHA-256 copied",
    digestNotCopied: "Couldn't copy the SHA-256. Select it above.",
    facts: {
      type: "Type",
      size: "Size",
      bytes: (size: number) => (size < 1000 ? formatBytes(size) : `${formatBytes(size)} (${formatCount(size)} bytes)`),
      added: "Added",
      checked: "Checked",
      integrity: (integrity: string) => INTEGRITIES[integrity] ?? "Unknown",
      sha256: "SHA-256",
      link: "Link",
    },
  },

  toast: {
    region: "Messages",
    deleted: (names: readonly string[]) => `Deleted ${oneStrong(names)}`,
    deletedForever: (names: readonly string[]) => `Deleted ${oneStrong(names)} forever`,
    restored: (names: readonly string[]) => `${oneStrong(names)} ${names.length === 1 ? "is" : "are"} back`,
    renamed: (name: string) => `Renamed to ${strong(name)}`,
    undo: "Undo",
    linkCopied: "Link copied",
    linkNotCopied: "Couldn't copy the link. Select it here:",
    notDeleted: (names: readonly string[], outOf: number) =>
      `${oneOutOf(names, outOf)} couldn't be deleted. Try again in a moment.`,
    busy: (name: string) => `${strong(name)} is still being checked. Try again in a moment.`,
    notRestored: (names: readonly string[], outOf: number) => `${oneOutOf(names, outOf)} couldn't be brought back.`,
    noLink: (name: string) => `${strong(name)} can't be fetched right now. Try again in a moment.`,
  },

  signIn: {
    title: "Sign in",
    why: "This server asks for an access token. It is kept in this tab only.",
    again: "You have been signed out. Sign in to go on; finished parts are kept.",
    refused: "That token was not accepted. Check it and try again.",
    token: "Access token",
    submit: "Sign in",
    atProvider: (provider: string) => `You sign in at ${strong(provider)} and come back here.`,
    inNewTab: "That opens in a new tab. Your uploads stay here, and go on once you have signed in.",
    waiting: "Waiting for the other tab. This page goes on by itself once you have signed in there.",
    denied: "Sign-in was cancelled, or not allowed. Try again, or ask whoever runs this server.",
    failed: "Sign-in did not work this time. Try again.",
    unreachable: (provider: string) => `${provider} does not answer. Check your connection and try again.`,
    done: "You are signed in",
    closeTab: "Your uploads go on in the other tab. You can close this one.",
    signOut: (name: string | undefined) => (name === undefined ? "Sign out" : `Sign out ${name}`),
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
  noRoom: (name: string, free: number, size: number) =>
    `There is room for ${formatBytes(free)} more. ${strong(name)} needs ${formatBytes(size)}. Delete some files and try again.`,
  unreadable: (name: string) => `${strong(name)} can't be read any more. It may have been moved or deleted.`,
  emptyFolder: "There are no files in this folder.",
  type: (name: string, types: readonly string[]) =>
    `${strong(name)} – this file type is not allowed here. Allowed: ${kindsAllowed(types) ?? "all"}.`,
};

/** What a waiting upload says. */
export function waitingWords(reason: UploadErrorCode, seconds?: number): string {
  switch (reason) {
    case "OFFLINE":
      return "Connection lost – will go on by itself.";
    case "CHECKSUM":
      return "Some bytes arrived damaged, so nothing was saved from this part. Trying it again.";
    case "API":
      return `The server is busy. Going on in ${seconds === undefined ? "a moment" : `${formatCount(seconds)} s`}.`;
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
    case "DIFFERENT_FILE":
      return {
        words: `That is a different file: ${strong(name)} has other content than what was begun. Start again to upload it as a new file.`,
        action: "AGAIN",
      };
    case "FILE_UNREADABLE":
      return { words: refusedOnAdd.unreadable(name), action: "CHOOSE" };
    case "CHECKSUM":
      return { words: "Some bytes kept arriving damaged, so nothing was saved from this part.", action: "RETRY" };
    case "ELSEWHERE":
      return { words: messages.interrupted.elsewhere(name), action: "RETRY" };
    case "GONE":
      return { words: "This upload was left for too long and has been cleaned up. Start it again.", action: "AGAIN" };
    case "SIGNED_OUT":
      return { words: messages.signIn.again, action: "SIGN_IN" };
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
        words: refusedOnAdd.noRoom(name, problem.freeBytes ?? 0, problem.neededBytes ?? size),
        action: "RETRY",
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
  return `Not accepted${rejectionReason(verdict)}. The file was deleted.`;
}

function rejectionReason(verdict: Partial<UploadProblem> | undefined): string {
  switch (verdict?.code) {
    case "CONTENT_MISMATCH":
      return `: the content is ${verdict.detectedType ?? "of no known type"}, but the name says ${verdict.declaredType ?? "otherwise"}`;
    case "MALWARE_FOUND":
      return `: malware was found${verdict.signature === undefined ? "" : ` (${verdict.signature})`}`;
    default:
      return "";
  }
}
