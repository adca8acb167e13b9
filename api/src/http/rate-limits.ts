import { createHmac, randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "../errors.js";
import type { Logger } from "../telemetry/logger.js";

/** Points in ten seconds; a point is a root field of an operation, or one call that has none. 0: no limit. */
export interface Rates {
  readonly perOwnerPerMinute: number;
  readonly perAddressPerMinute: number;
}

/** Who has asked for how much, in this process: several replicas together give as many times more. */
export interface RateLimits {
  /** @throws AppError RATE_LIMITED with the seconds to wait, once the address has used up its points */
  chargeAddress(address: string, points: number): Promise<void>;
  /** @throws AppError RATE_LIMITED with the seconds to wait, once the owner has used up their points */
  chargeOwner(ownerId: string, points: number): Promise<void>;
  /** Takes points without refusing: whoever is out of them is refused the next time. */
  fineAddress(address: string, points: number): Promise<void>;
}

/** Short, so that whoever is refused can come back soon: a sixth of a minute's points in each. */
export const WINDOW_SECONDS = 10;
const WINDOWS_PER_MINUTE = 60 / WINDOW_SECONDS;
/** Callers with a counter of their own, some 20 MB of them. A counter lives for one window. */
const MAX_COUNTERS = 50_000;
/** Those who come when there are as many share these: by then it is an attack, and memory is what has to last. */
const SHARED_COUNTERS = 1_024;
const TELL_EVERY_MS = 10_000;

/**
 * Counters in memory (https://github.com/animir/node-rate-limiter-flexible), fixed windows that begin with a caller's
 * first call.
 * @param options.maxCounters for tests; default 50,000 of each kind
 */
export function createRateLimits(
  { perOwnerPerMinute, perAddressPerMinute }: Rates,
  options: { log: Logger; onRefused?: (by: "ADDRESS" | "OWNER") => void; maxCounters?: number },
): RateLimits {
  const { log, onRefused, maxCounters = MAX_COUNTERS } = options;
  const addresses = createCounters(perAddressPerMinute, maxCounters);
  const owners = createCounters(perOwnerPerMinute, maxCounters);
  let refused = { byAddress: 0, byOwner: 0 };
  let toldAt = Number.NEGATIVE_INFINITY;

  const refusal = (by: "ADDRESS" | "OWNER", waitMs: number): AppError => {
    onRefused?.(by);
    refused[by === "ADDRESS" ? "byAddress" : "byOwner"] += 1;
    if (performance.now() - toldAt >= TELL_EVERY_MS) {
      toldAt = performance.now();
      log.warn(refused, "more calls than the rate limits allow: some are refused");
      refused = { byAddress: 0, byOwner: 0 };
    }
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    const who = by === "ADDRESS" ? "from this address" : "by this owner";
    const message = `Too many calls ${who}. Try again in ${retryAfterSeconds} s.`;
    return new AppError("RATE_LIMITED", message, { retryAfterSeconds });
  };

  return {
    async chargeAddress(address, points) {
      const waitMs = await addresses.take(networkOf(address), points);
      if (waitMs > 0) throw refusal("ADDRESS", waitMs);
    },
    async chargeOwner(ownerId, points) {
      const waitMs = await owners.take(ownerId, points);
      if (waitMs > 0) throw refusal("OWNER", waitMs);
    },
    async fineAddress(address, points) {
      await addresses.take(networkOf(address), points);
    },
  };
}

/** Answers 0, or how many milliseconds to wait. */
interface Counters {
  take(key: string, points: number): Promise<number>;
}

function createCounters(perMinute: number, maxCounters: number): Counters {
  if (perMinute === 0) return { take: async () => 0 };
  const points = Math.max(1, Math.floor(perMinute / WINDOWS_PER_MINUTE));
  const limiter = new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
  const secret = randomBytes(16);
  /** Counters begun in the window that runs and in the one before it: no other can be alive. */
  let [window, begun, begunBefore] = [0, 0, 0];
  const alive = (): number => {
    const current = Math.floor(Date.now() / (WINDOW_SECONDS * 1000));
    if (current !== window) [begunBefore, begun, window] = [current === window + 1 ? begun : 0, 0, current];
    return begun + begunBefore;
  };

  return {
    async take(key, taken) {
      const crowded = alive() >= maxCounters && (await limiter.get(key)) === null;
      const result = await limiter.consume(crowded ? shared(key) : key, taken).catch((reason: unknown) => {
        if (reason instanceof RateLimiterRes) return reason;
        throw reason;
      });
      if (result.isFirstInDuration) begun += 1;
      // A call is refused that begins when nothing is left; one that takes more than what is left is the last one.
      return result.consumedPoints - taken >= points ? result.msBeforeNext : 0;
    },
  };

  /** Which of the shared ones nobody can choose. */
  function shared(key: string): string {
    const digest = createHmac("sha256", secret).update(key).digest();
    return `shared ${digest.readUInt32BE() % SHARED_COUNTERS}`;
  }
}

/**
 * The network that an address stands for: an IPv6 caller has a /64 of its own to choose from
 * (https://www.rfc-editor.org/rfc/rfc6177), so that is what is counted; an IPv4 address counts by itself, in either form.
 * PURE.
 * @param address undefined: of a connection that was reset meanwhile; all of them together are one
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return "gone";
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const plain = address.replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const groupsOf = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const missing = tail === undefined ? 0 : 8 - groupsOf(head).length - groupsOf(tail).length;
  const groups = [
    ...groupsOf(head),
    ...Array.from({ length: Math.max(0, missing) }, () => "0"),
    ...groupsOf(tail ?? ""),
  ];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
