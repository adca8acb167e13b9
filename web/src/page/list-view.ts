/** Which files the list shows, and in which order; as the page's address says it. PURE. */
import type { FileRow, ListRequest } from "../api/file-calls.js";

/** What can be shown. */
export const LIST_FILTERS = [
  "all",
  "ready",
  "open",
  "rejected",
  "images",
  "video",
  "audio",
  "documents",
  "deleted",
] as const;
export type ListFilter = (typeof LIST_FILTERS)[number];

/** How it can be ordered. */
export const LIST_ORDERS = ["newest", "oldest", "name", "largest", "smallest"] as const;
export type ListOrder = (typeof LIST_ORDERS)[number];

/** One view of the list. */
export interface ListView {
  /** Part of the name, whatever its case. */
  readonly search: string;
  readonly filter: ListFilter;
  readonly order: ListOrder;
}

/** What a bare address shows. */
export const EVERYTHING: ListView = { search: "", filter: "all", order: "newest" };

/** Files that no list shows unless it is asked for them. */
const OVER: readonly string[] = ["EXPIRED", "DELETED"];

const STATUSES: Readonly<Partial<Record<ListFilter, readonly FileRow["status"][]>>> = {
  ready: ["READY"],
  open: ["PENDING", "VERIFYING"],
  rejected: ["REJECTED"],
  deleted: ["DELETED"],
};

/** Exact types, or all of a kind. */
const TYPES: Readonly<Partial<Record<ListFilter, readonly string[]>>> = {
  images: ["image/*"],
  video: ["video/*"],
  audio: ["audio/*"],
  documents: [
    "text/*",
    "application/pdf",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/epub+zip",
  ],
};

const ORDERS = {
  newest: { field: "CREATED_AT", direction: "DESC" },
  oldest: { field: "CREATED_AT", direction: "ASC" },
  name: { field: "FILENAME", direction: "ASC" },
  largest: { field: "SIZE", direction: "DESC" },
  smallest: { field: "SIZE", direction: "ASC" },
} as const satisfies Record<ListOrder, ListRequest["orderBy"]>;

const ASCENDING: Readonly<Record<(typeof ORDERS)[ListOrder]["field"], (a: FileRow, b: FileRow) => number>> = {
  CREATED_AT: (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt),
  FILENAME: (a, b) => a.filename.toLowerCase().localeCompare(b.filename.toLowerCase()),
  SIZE: (a, b) => a.size - b.size,
};

/** The view that an address asks for; what it does not know is left out. @param query `location.search` */
export function parseListView(query: string): ListView {
  const said = new URLSearchParams(query);
  return {
    search: said.get("q")?.trim() ?? "",
    filter: LIST_FILTERS.find((filter) => filter === said.get("show")) ?? EVERYTHING.filter,
    order: LIST_ORDERS.find((order) => order === said.get("order")) ?? EVERYTHING.order,
  };
}

/** The address's query for a view, with its question mark; empty for the bare one. */
export function formatListView({ search, filter, order }: ListView): string {
  const said = new URLSearchParams();
  if (search) said.set("q", search);
  if (filter !== EVERYTHING.filter) said.set("show", filter);
  if (order !== EVERYTHING.order) said.set("order", order);
  return said.size > 0 ? `?${said.toString()}` : "";
}

/** Whether a view leaves nothing out. */
export function isBare({ search, filter }: ListView): boolean {
  return search === "" && filter === EVERYTHING.filter;
}

/** What to ask the server for. */
export function requestOf({ search, filter, order }: ListView): Pick<ListRequest, "search" | "filter" | "orderBy"> {
  const status = STATUSES[filter];
  const contentType = TYPES[filter];
  return {
    search,
    filter: { ...(status ? { status } : {}), ...(contentType ? { contentType } : {}) },
    orderBy: ORDERS[order],
  };
}

/** Whether a file, as it is now, belongs into the view. */
export function belongsTo(view: ListView, { status, filename, contentType }: FileRow): boolean {
  const statuses: readonly string[] | undefined = STATUSES[view.filter];
  const types = TYPES[view.filter];
  const group = `${contentType.split("/", 1)[0]}/*`;
  return (
    (statuses ? statuses.includes(status) : !OVER.includes(status)) &&
    (!types || types.includes(contentType) || types.includes(group)) &&
    filename.toLowerCase().includes(view.search.toLowerCase())
  );
}

/** Negative when `a` stands before `b`. Names: nearly as the server orders them. */
export function compareIn({ order }: ListView, a: FileRow, b: FileRow): number {
  const { field, direction } = ORDERS[order];
  return direction === "ASC" ? ASCENDING[field](a, b) : ASCENDING[field](b, a);
}
