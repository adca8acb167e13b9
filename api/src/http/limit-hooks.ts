import type { FastifyInstance } from "fastify";
import { AppError } from "../errors.js";
import { MAX_DOCUMENT_LENGTH } from "../graphql/document-rules.js";
import type { RateLimits } from "./rate-limits.js";

/** A token that does not hold costs so many points beside the one of its call: guessing ends soon. */
const WRONG_TOKEN_POINTS = 9;

/**
 * Takes a point from the address of each call before anything else is done for it, a token least of all. After the scope's
 * CORS hook, so that pages may read the refusal; preflights cost nothing.
 */
export function addRateHooks(scope: FastifyInstance, rates: RateLimits): void {
  scope.addHook("onRequest", async ({ ip }) => rates.chargeAddress(ip, 1));
  scope.addHook("onSend", async ({ ip, headers }, { statusCode }) => {
    if (statusCode === 401 && headers.authorization !== undefined) await rates.fineAddress(ip, WRONG_TOKEN_POINTS);
  });
}

const CHARSET = /;\s*charset\s*=\s*("?)([^\s;"]*)\1/gi;

/** In one body. A full batch of the largest inputs has 1,800. */
const MAX_NAMES = 5_000;

/** Different names are what makes JSON slow to read: as many as a body holds take the processor for 10 ms. */
function hasTooManyNames(body: string): boolean {
  let names = 0;
  for (const _name of body.matchAll(/[{,[]\s*"/g)) if ((names += 1) > MAX_NAMES) return true;
  return false;
}

/** What any operation has to keep to before its text is parsed, on both paths. */
export function addOperationHooks(scope: FastifyInstance): void {
  scope.addHook("onRequest", async ({ headers, url, protocol, hostname }) => {
    // RFC 9112 section 3.2. The library below makes a URL of these, and would call it a fault of ours.
    if (!URL.canParse(url, `${protocol}://${hostname}/`)) throw refusal(400, "The Host header names no host.");
    // JSON is UTF-8 (RFC 8259 section 8.1). What is read as something else here and by a filter in front is a hole.
    const charsets = [...(headers["content-type"] ?? "").matchAll(CHARSET)].map((match) => match[2]!.toLowerCase());
    if (charsets.some((charset) => charset !== "utf-8")) throw refusal(415, "Bodies are UTF-8: leave the charset out.");
  });
  const parseJson = scope.getDefaultJsonParser("error", "error");
  scope.removeContentTypeParser("application/json");
  scope.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (!hasTooManyNames(body)) return parseJson(request, body, done);
    done(new AppError("BAD_USER_INPUT", `The body holds more than ${MAX_NAMES} names and texts.`));
  });
  scope.addHook("preHandler", async ({ body, query }) => {
    for (const sent of [body, query] as ({ query?: unknown } | null | undefined)[]) {
      const text = sent?.query;
      if (typeof text === "string" && text.length > MAX_DOCUMENT_LENGTH)
        throw new AppError(
          "BAD_USER_INPUT",
          `This document has ${text.length} characters; at most ${MAX_DOCUMENT_LENGTH} are allowed.`,
        );
    }
  });
}

/** A fault of the request that may be told as it is: see http-error.ts. */
const refusal = (statusCode: number, message: string): Error =>
  Object.assign(new Error(message), { statusCode, expose: true });
