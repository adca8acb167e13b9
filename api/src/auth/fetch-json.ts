/** Documents of an identity provider are small, and one that is slow must not hold requests up for long. */
const WITHIN_MS = 5_000;
const MAX_BYTES = 2 ** 20;

/**
 * A JSON object from an address of the configuration, or of a document that was fetched from there. No redirects: an
 * address that is not the configured one is somebody else's.
 * @throws Error for any other answer
 */
export async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isSecureAddress(url)) throw new Error(`${url} is no https address`);
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const text = await textWithin(response);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${url} is no JSON object`);
  return value as Record<string, unknown>;
}

/** https, or an address of this very machine: on a plain connection anybody's answer would be the provider's. PURE. */
export function isSecureAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname));
}

async function textWithin({ body, url }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk as Uint8Array);
    sizeBytes += (chunk as Uint8Array).length;
    if (sizeBytes > MAX_BYTES) throw new Error(`${url} answered more than ${MAX_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
