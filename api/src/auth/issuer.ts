import type { JWTVerifyGetKey } from "jose";
import { discover } from "./discovery.js";
import type { Discovered } from "./discovery.js";
import { fetchJson } from "./fetch-json.js";
import { createRemoteKeys, FRESH_FOR_MS, RETRY_AFTER_MS } from "./remote-keys.js";
import type { RemoteKeysOptions } from "./remote-keys.js";

/** An OpenID provider, as far as this service asks it. */
export interface Issuer {
  readonly keyOf: JWTVerifyGetKey;
  /**
   * Where a page that signs in there fetches from, as far as is known: until the issuer has answered, its own alone. What is
   * old or missing is asked for anew, beside the page that is given out now.
   */
  origins(): readonly string[];
  /** Asks for the discovery document where a page needs to know it; keys are fetched with the first token. Never rejects. */
  lookAhead(): Promise<void>;
}

/** A page is not reason enough to ask more often than keys are asked for. */
const LOOK_AGAIN_AFTER_MS = { found: FRESH_FOR_MS, missing: RETRY_AFTER_MS } as const;

/** @param input.jwksUrl null: what the issuer's discovery document names */
export function createIssuer(
  input: { issuer: string; jwksUrl: string | null } & Pick<RemoteKeysOptions, "onChange">,
): Issuer {
  const { issuer, jwksUrl, onChange } = input;
  let discovered: Discovered | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  const discoverNow = async (): Promise<Discovered> => {
    askedAt = performance.now();
    return (discovered = await discover(issuer));
  };
  let told = true;
  /** Keys and the document are two questions to one provider: its absence is one piece of news. */
  const tell: typeof onChange = (change) => {
    if (change.answers === told) return;
    told = change.answers;
    onChange(change);
  };
  let answers = true;
  const lookAhead = async (): Promise<void> => {
    const reason = await discoverNow().then(
      () => null,
      (error: Error) => error.message,
    );
    if (answers !== (reason === null)) tell({ answers: reason === null, reason: reason ?? "" });
    answers = reason === null;
  };
  return {
    // Looked up anew each time: a provider may move its keys.
    keyOf: createRemoteKeys({
      onChange: tell,
      fetchKeys: async () => fetchJson(jwksUrl ?? (await discoverNow()).jwksUrl),
    }),
    origins() {
      const { found, missing } = LOOK_AGAIN_AFTER_MS;
      if (performance.now() - askedAt >= (discovered === null ? missing : found)) void lookAhead();
      return discovered?.origins ?? [new URL(issuer).origin];
    },
    lookAhead,
  };
}
