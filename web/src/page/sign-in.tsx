import { useState } from "react";
import type { FormEvent, ReactNode } from "react";
import { messages } from "./messages.js";
import { useServices } from "./services.js";

/** Asks for a token where the server issues none by itself. */
export function SignIn({ again }: { readonly again: boolean }): ReactNode {
  const { session } = useServices();
  const [token, setToken] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim()) session.enter(token.trim());
  };
  return (
    <form className="card sign-in" onSubmit={submit}>
      <h2>{messages.signIn.title}</h2>
      <p role="status">{again ? messages.signIn.again : messages.signIn.why}</p>
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
