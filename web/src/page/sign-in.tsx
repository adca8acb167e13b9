import { useState } from "react";
import type { FormEvent, ReactNode } from "react";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";

interface SignInProps {
  /** The last token was not accepted. */
  readonly refused: boolean;
  /** The person has been working here. */
  readonly wasIn: boolean;
}

/** Asks for a token where the server issues none by itself. */
export function SignIn({ refused, wasIn }: SignInProps): ReactNode {
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
        autoFocus
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button className="primary" type="submit">
        {messages.signIn.submit}
      </button>
    </form>
  );
}
