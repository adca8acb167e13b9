import type { IncomingMessage } from "node:http";

const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** True when a server bound to this address can only be reached from its own machine. PURE. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function isLoopbackPeer(address: string | undefined): boolean {
  return address === "::1" || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address ?? "");
}

/**
 * True when a request comes from this machine and nothing stands between: the condition for handing out a development
 * token. The Host rule stops a foreign page whose DNS name was rebound to 127.0.0.1; the forwarding headers give away a
 * proxy or tunnel whose own peer is local; Sec-Fetch-Site gives away a foreign page
 * (https://www.w3.org/TR/fetch-metadata/).
 */
export function isLocalRequest({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">): boolean {
  const forwarded = Object.keys(headers).some((name) => name === "forwarded" || name.startsWith("x-forwarded-"));
  return (
    isLoopbackPeer(socket.remoteAddress) &&
    !forwarded &&
    LOCAL_HOST.test(headers.host ?? "") &&
    headers["sec-fetch-site"] !== "cross-site"
  );
}
