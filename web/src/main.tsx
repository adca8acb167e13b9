/** Composition root: API client, engine and page meet here and nowhere else. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, createExecute } from "./api/execute.js";
import { createFileApi } from "./api/file-calls.js";
import type { FileRow } from "./api/file-calls.js";
import { createLiveFiles } from "./api/live-files.js";
import { createPreviewApi } from "./api/preview-calls.js";
import { createSession } from "./api/session.js";
import { createSignIn, SIGNED_IN_PATH } from "./api/sign-in.js";
import { createResumeApi } from "./api/resume-calls.js";
import { createUploadApi } from "./api/upload-calls.js";
import { App } from "./page/app.js";
import { createFileChangeSink } from "./page/apply-file-change.js";
import { INTERRUPTED_KEY } from "./page/interrupted-query.js";
import { createRecordKeeper } from "./page/interrupted-records.js";
import { createInterruptedUploads } from "./page/interrupted-uploads.js";
import { PageDepsProvider } from "./page/page-deps.js";
import { SignedIn } from "./page/sign-in.js";
import { applyStoredTheme } from "./page/theme.js";
import { ACCOUNT_KEY } from "./page/use-account.js";
import { FILES_KEY } from "./page/use-files.js";
import {
  createIndexedDbRecords,
  createWebLock,
  createWorkerHash,
  windowConnectivity,
  xhrPut,
} from "./upload/browser.js";
import type { Locks } from "./upload/browser.js";
import { batchCalls, UploadQueue } from "./upload/index.js";
import "./page/tokens.css";
import "./page/page.css";
import "./page/controls.css";
import "./page/surfaces.css";
import "./page/uploads.css";
import "./page/interrupted.css";
import "./page/list.css";
import "./page/messages.css";
import "./page/dialog.css";
import "./page/preview.css";
import "./page/adaptations.css";

const signIn = createSignIn({
  openedAt: window.location.href,
  loadClient: async (settings) => (await import("./api/oidc.js")).createOidcClient(settings),
  newName: () => crypto.randomUUID(),
  openTab: (url) => window.open(url, "_blank", "noopener"),
  showAddress: (path) => window.history.replaceState(null, "", path),
  goTo: (path) => window.location.replace(path),
  channel: () => new BroadcastChannel("signet-sign-in"),
  onSignedIn: () => session.lookAgain(),
});
const session = createSession((refused) => signIn.issue(refused), sessionStorage);
const execute = createExecute("/graphql", session);
const files = createFileApi(execute);
const previews = createPreviewApi(execute);

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.retryable),
    },
  },
});

/** Pages that are not served over https have no WebCrypto: there a slower worker brings its own SHA-256. */
const spawnHashWorker = (): Worker =>
  isSecureContext
    ? new Worker(new URL("./upload/hash-worker.ts", import.meta.url), { type: "module" })
    : new Worker(new URL("./hashing/wasm-hash-worker.ts", import.meta.url), { type: "module" });

// Pages that are not served over https have no locks, whatever the types say.
const locks = navigator.locks as Locks | undefined;
const records = createIndexedDbRecords(globalThis.indexedDB);
const keeper = createRecordKeeper(records, async () => {
  const account = await client.ensureQueryData({ queryKey: ACCOUNT_KEY, queryFn: () => files.account() });
  return account.viewer.id;
});

const queue = new UploadQueue<Blob, FileRow>({
  api: batchCalls(createUploadApi(execute)),
  put: xhrPut,
  hash: createWorkerHash(spawnHashWorker),
  connectivity: windowConnectivity(window),
  lock: createWebLock(locks),
  findBegun: keeper.earlier,
  onBegun: keeper.begun,
  onGivenUp: (fileId) => {
    keeper.over(fileId);
    // It may stand in the list from now on, as it is at the server: not at all, or rejected.
    void client.invalidateQueries({ queryKey: FILES_KEY });
    void client.invalidateQueries({ queryKey: INTERRUPTED_KEY });
  },
  onDone: (file) => {
    keeper.over(file.id);
    changes.done(file);
  },
});

queue.subscribe(() => keeper.follow(queue.getSnapshot()));
const interrupted = createInterruptedUploads({ records, keeper, server: createResumeApi(execute), queue, locks });

const changes = createFileChangeSink(client, queue);
const live = createLiveFiles({
  url: "/graphql/stream",
  session,
  onChange: changes.apply,
  onConnect: changes.refresh,
  page: document,
});

applyStoredTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
/** This tab was opened to sign in for another one, and has done so. */
const isDone = window.location.pathname + window.location.search === SIGNED_IN_PATH;
if (isDone) live.stop();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <PageDepsProvider value={{ files, live, previews, queue, interrupted, session, signIn }}>
        {isDone ? <SignedIn /> : <App path={window.location.pathname} />}
      </PageDepsProvider>
    </QueryClientProvider>
  </StrictMode>,
);
