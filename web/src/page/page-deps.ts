import { createContext, useContext } from "react";
import type { FileApi, FileRow } from "../api/file-calls.js";
import type { LiveFiles } from "../api/live-files.js";
import type { PreviewApi } from "../api/preview-calls.js";
import type { Session } from "../api/session.js";
import type { SignIn } from "../api/sign-in.js";
import type { UploadQueue } from "../upload/index.js";
import type { InterruptedUploads } from "./interrupted-uploads.js";

/** What the page works with; made once in main.tsx. */
export interface PageDeps {
  readonly files: FileApi;
  readonly live: LiveFiles;
  readonly previews: PreviewApi;
  readonly queue: UploadQueue<Blob, FileRow>;
  readonly interrupted: InterruptedUploads;
  readonly session: Session;
  readonly signIn: SignIn;
}

const Context = createContext<PageDeps | undefined>(undefined);

/** Hands them down. */
export const PageDepsProvider = Context.Provider;

/** What this page works with. */
export function usePageDeps(): PageDeps {
  const deps = useContext(Context);
  if (!deps) throw new Error("PageDepsProvider is missing");
  return deps;
}
