/** Composition root: API client, engine and page meet here and nowhere else. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, createExecute } from "./api/execute.js";
import { createFileApi } from "./api/file-calls.js";
import type { FileRow } from "./api/file-calls.js";
import { createSession, fetchDevToken } from "./api/session.js";
import { createUploadApi } from "./api/upload-calls.js";
import { App } from "./page/app.js";
import { PageDepsProvider } from "./page/page-deps.js";
import { applyStoredTheme } from "./page/theme.js";
import { ACCOUNT_KEY } from "./page/use-account.js";
import { FILES_KEY, patchFile } from "./page/use-files.js";
import { createWorkerHash, UploadQueue, windowConnectivity, xhrPut } from "./upload/index.js";
import "./page/tokens.css";
import "./page/page.css";
import "./page/controls.css";
import "./page/surfaces.css";
import "./page/uploads.css";
import "./page/list.css";
import "./page/messages.css";
import "./page/adaptations.css";

const session = createSession(fetchDevToken, sessionStorage);
const execute = createExecute("/graphql", session);
const files = createFileApi(execute);

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.retryable),
    },
  },
});

const spawnHashWorker = (): Worker =>
  new Worker(new URL("./upload/hash-worker.ts", import.meta.url), { type: "module" });

const queue = new UploadQueue<Blob, FileRow>({
  api: createUploadApi(execute),
  put: xhrPut,
  // Pages that are not served over https have no WebCrypto; there the store checks lengths only.
  hash: globalThis.isSecureContext ? createWorkerHash(spawnHashWorker) : undefined,
  connectivity: windowConnectivity(window),
  // It may stand in the list from now on, as it is at the server: not at all, or rejected.
  onGivenUp: () => void client.invalidateQueries({ queryKey: FILES_KEY }),
  onDone: (file) => {
    patchFile(client, file);
    void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
  },
});

applyStoredTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <PageDepsProvider value={{ files, queue, session }}>
        <App path={window.location.pathname} />
      </PageDepsProvider>
    </QueryClientProvider>
  </StrictMode>,
);
