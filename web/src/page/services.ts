import { createContext, useContext } from "react";
import type { FileApi, FileRow } from "../api/file-calls.js";
import type { Session } from "../api/session.js";
import type { UploadQueue } from "../upload/index.js";

/** What the page works with; made once in main.tsx. */
export interface Services {
  readonly files: FileApi;
  readonly queue: UploadQueue<Blob, FileRow>;
  readonly session: Session;
}

const Context = createContext<Services | undefined>(undefined);

/** Hands the services down. */
export const ServicesProvider = Context.Provider;

/** The services of this page. */
export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error("ServicesProvider is missing");
  return services;
}
