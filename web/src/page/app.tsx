import { useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { Header } from "./header.js";
import { Home } from "./home.js";
import { OpenFile } from "./open-file.js";
import { usePageDeps } from "./page-deps.js";
import { SignIn } from "./sign-in.js";
import { useAccount } from "./use-account.js";

/** The whole page. @param path the path that it was opened with: /files/ID opens that file, anything else the list */
export function App({ path }: { readonly path: string }): ReactNode {
  const { session } = usePageDeps();
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const account = useAccount();
  const fileId = /^\/files\/([^/]+)$/.exec(path)?.[1];
  const asking = state === "ASKING" || state === "ASKING_AGAIN";
  return (
    <>
      <Header account={account} withList={!fileId} />
      {asking && (
        <main>
          <SignIn refused={state === "ASKING_AGAIN"} wasIn={account !== undefined} />
        </main>
      )}
      {/* Kept while a token is asked for: uploads go on afterwards where they were. */}
      <div hidden={asking}>
        {fileId ? (
          <main>
            <OpenFile id={fileId} />
          </main>
        ) : (
          <Home account={account} />
        )}
      </div>
    </>
  );
}
