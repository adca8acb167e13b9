import { useState, useSyncExternalStore } from "react";
import type { FormEvent, ReactNode } from "react";
import type { SignInState } from "../api/sign-in.js";
import { useUploadQueueValue } from "../react/use-upload-queue.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { RichText } from "./rich-text.js";

interface SignInProps {
  /** The last token was not accepted. */
  readonly refused: boolean;
  /** The person has been working here. */
  readonly wasIn: boolean;
}

/** Asks a person in: by a provider's pages where the server names a provider, else by a token. */
export function SignIn(props: SignInProps): ReactNode {
  const { signIn } = usePageDeps();
  const state = useSyncExternalStore(signIn.subscribe, signIn.getSnapshot);
  return state.way === "PROVIDER" ? <ByProvider {...props} state={state} /> : <ByToken {...props} />;
}

/** Not autofocus, which a browser heeds once a page: whoever is asked again has lost what had the focus. */
const focusNow = (element: HTMLElement | null): void => element?.focus();

function ByProvider({ wasIn, state }: SignInProps & { readonly state: SignInState }): ReactNode {
  const { signIn, queue } = usePageDeps();
  // Leaving the page would end uploads, and what was chosen would have to be chosen again.
  const inNewTab = useUploadQueueValue(queue, (snapshot) => snapshot.items.some((item) => item.phase !== "done"));
  const [waiting, setWaiting] = useState(false);
  const { provider = "", fault } = state;
  const begin = (): void => {
    setWaiting(inNewTab);
    void signIn.begin({ inNewTab });
  };
  return (
    <div className="card sign-in">
      <h2>{messages.signIn.title}</h2>
      <p role="status">
        {fault ? faultWords(fault, provider) : waiting ? messages.signIn.waiting : wasIn ? messages.signIn.again : ""}
      </p>
      <p>
        <RichText words={messages.signIn.atProvider(provider)} /> {inNewTab && messages.signIn.inNewTab}
      </p>
      <button className="primary" type="button" ref={focusNow} onClick={begin}>
        {messages.signIn.submit}
      </button>
    </div>
  );
}

function faultWords(fault: NonNullable<SignInState["fault"]>, provider: string): string {
  switch (fault) {
    case "DENIED":
      return messages.signIn.denied;
    case "FAILED":
      return messages.signIn.failed;
    case "UNREACHABLE":
      return messages.signIn.unreachable(provider);
  }
}

function ByToken({ refused, wasIn }: SignInProps): ReactNode {
  const { session } = usePageDeps();
  const [token, setToken] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim()) session.enter(token.trim());
  };
  return (
    <form className="card sign-in" onSubmit={submit}>
      <h2>{messages.signIn.title}</h2>
      <p role="status">{wasIn ? messages.signIn.again : refused ? messages.signIn.refused : messages.signIn.why}</p>
      <label htmlFor="token">{messages.signIn.token}</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        ref={focusNow}
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button className="primary" type="submit">
        {messages.signIn.submit}
      </button>
    </form>
  );
}

/** All that a tab shows that was opened to sign in for another one. */
export function SignedIn(): ReactNode {
  return (
    <main>
      <div className="card sign-in">
        <h1>{messages.signIn.done}</h1>
        <p role="status">{messages.signIn.closeTab}</p>
      </div>
    </main>
  );
}
