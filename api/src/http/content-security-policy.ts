/** Content Security Policies, one a surface. PURE. https://www.w3.org/TR/CSP3/ */

type Directives = Readonly<Record<string, readonly string[]>>;

function policy(directives: Directives): string {
  return Object.entries(directives)
    .map(([name, sources]) => [name, ...sources].join(" "))
    .join("; ");
}

/** Answers that are data: a browser that is tricked into rendering one may do nothing with it. */
export const DATA_POLICY = policy({ "default-src": ["'none'"], "frame-ancestors": ["'none'"] });

/**
 * The page: its own files, and the store that it uploads to and shows pictures from.
 * @param storageOrigins origins of signed URLs
 * @param signInOrigins where it fetches tokens from
 */
export function pagePolicy(storageOrigins: readonly string[], signInOrigins: readonly string[]): string {
  const ownAndStore = ["'self'", "blob:", ...storageOrigins];
  return policy({
    "default-src": ["'self'"],
    "connect-src": [...ownAndStore, ...signInOrigins],
    "img-src": [...ownAndStore, "data:"],
    "media-src": ownAndStore,
    "worker-src": ["'self'", "blob:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  });
}

/**
 * The worker that hashes where browsers have no WebCrypto: a worker has the policy that its own script came with, so
 * WebAssembly is allowed to it and to nothing else (https://www.w3.org/TR/CSP3/#wasm-integration).
 */
export const WASM_WORKER_POLICY = policy({
  "default-src": ["'none'"],
  "script-src": ["'wasm-unsafe-eval'"],
  "frame-ancestors": ["'none'"],
});

/**
 * Apollo Sandbox: Apollo's page brings a stricter policy of its own with a nonce; this one adds what a <meta> cannot say
 * (frame-ancestors) and names the only hosts that this route, and no other, may load from.
 */
export const SANDBOX_POLICY = policy({
  "default-src": ["'self'"],
  "script-src": [
    "'self'",
    "'unsafe-inline'",
    "https://embeddable-sandbox.cdn.apollographql.com",
    "https://apollo-server-landing-page.cdn.apollographql.com",
  ],
  "style-src": [
    "'self'",
    "'unsafe-inline'",
    "https://embeddable-sandbox.cdn.apollographql.com",
    "https://apollo-server-landing-page.cdn.apollographql.com",
    "https://fonts.googleapis.com",
  ],
  "font-src": ["'self'", "https://fonts.gstatic.com"],
  "img-src": ["'self'", "data:", "https://apollo-server-landing-page.cdn.apollographql.com"],
  "manifest-src": ["https://apollo-server-landing-page.cdn.apollographql.com"],
  "frame-src": ["https://sandbox.embed.apollographql.com"],
  "object-src": ["'none'"],
  "base-uri": ["'none'"],
  "frame-ancestors": ["'none'"],
});

/** The offline explorer: everything from here; Angular writes style elements, hence unsafe-inline for styles only. */
export function explorerPolicy(nonce: string): string {
  return policy({
    "default-src": ["'self'"],
    "script-src": ["'self'", `'nonce-${nonce}'`],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'", "data:"],
    "worker-src": ["'self'", "blob:"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "frame-ancestors": ["'none'"],
  });
}
