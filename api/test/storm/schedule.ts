import { createHash } from "node:crypto";

/**
 * The seeded plan of a storm: who uploads what, and what is struck when. PURE: the same options give the same plan; how
 * the two meet is up to the machine.
 */

export interface StormPlan {
  readonly seed: string;
  readonly uploads: number;
  /** kill -9s; freezes and cuts come on top. */
  readonly kills: number;
  /** API processes. */
  readonly processes: number;
  /** SMALL: most files below 64 KiB, for a run of a minute. MIXED: 0 B to 8 MiB and some of several parts. */
  readonly sizes: "SMALL" | "MIXED";
  /** Between one strike and the next. */
  readonly strikeEveryMs: readonly [fromMs: number, toMs: number];
  /** The leases that a frozen process must outlast. */
  readonly leaseMs: number;
}

/** What becomes of an upload by its owner's will. */
export type Fate =
  | "KEEP"
  /** Given up by its owner before any byte, or with all bytes sent. */
  | "ABORT_EARLY"
  | "ABORT_LATE"
  /** Its owner walks away: the sweeper has to end it, or to promote it where every byte has arrived. */
  | "ABANDON_EARLY"
  | "ABANDON_HALF"
  | "ABANDON_SENT"
  | "TRASH"
  | "RESTORE"
  | "PURGE"
  | "PURGE_FROM_TRASH";

export interface UploadPlan {
  readonly index: number;
  readonly owner: string;
  /** Names the upload too: a row that nobody has been told of is known by it. */
  readonly filename: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** The content is the noise of this seed. */
  readonly contentSeed: string;
  readonly declareSha256: boolean;
  readonly partChecksum: "SHA256" | null;
  readonly withKey: boolean;
  /** RAW: HTTP by hand. ENGINE: the package @signet/upload. */
  readonly by: "RAW" | "ENGINE";
  readonly fate: Fate;
  /** Declared as an image, which noise is not: REJECTED. */
  readonly wrongType: boolean;
  /** Asks for the verdict before a byte was sent. */
  readonly confirmEarly: boolean;
  /** How many clients confirm at once. */
  readonly confirmers: 1 | 2;
  /** The name that it is given once it is READY; null: it keeps its name. */
  readonly newName: string | null;
}

export type Target = "API" | "SWEEPER" | "POSTGRES" | "STORE";

export interface Strike {
  /** KILL: SIGKILL. FREEZE: SIGSTOP, then SIGCONT. CUT: all connections are reset. */
  readonly what: "KILL" | "FREEZE" | "CUT";
  readonly target: Target;
  /** Which API process. */
  readonly slot: number;
  /** Since the strike before. */
  readonly afterMs: number;
  /** Until it is started again, or goes on. */
  readonly forMs: number;
}

const KIB = 1024;
const MIB = 1024 ** 2;
const OWNERS = 12;

/** Numbers from 0 to 1 that the seed decides: SHA-256 in counter mode. */
export function randomOf(seed: string): () => number {
  let block = Buffer.alloc(0);
  let at = 0;
  let counter = 0;
  return () => {
    if (at >= block.length) {
      block = createHash("sha256").update(`${seed}:${counter}`).digest();
      counter += 1;
      at = 0;
    }
    const number = block.readUInt32BE(at) / 2 ** 32;
    at += 4;
    return number;
  };
}

function weighted<Choice>(
  random: () => number,
  choices: readonly (readonly [weight: number, choice: Choice])[],
): Choice {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, choice] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  return choices.at(-1)![1];
}

const between = (random: () => number, from: number, to: number): number => from + Math.floor(random() * (to - from));

/** Sizes [from, to) in bytes with their weights. Several parts begin above 16 MiB. */
const SIZES: Readonly<
  Record<StormPlan["sizes"], readonly (readonly [weight: number, range: readonly [number, number]])[]>
> = {
  SMALL: [
    [6, [0, 1]],
    [84, [1, 64 * KIB]],
    [9, [64 * KIB, MIB]],
    [1, [17 * MIB, 20 * MIB]],
  ],
  MIXED: [
    [6, [0, 1]],
    [64, [1, 64 * KIB]],
    [22, [64 * KIB, MIB]],
    [6, [MIB, 8 * MIB]],
    [2, [17 * MIB, 27 * MIB]],
  ],
};

const FATES: readonly (readonly [weight: number, fate: Fate])[] = [
  [68, "KEEP"],
  [2, "ABORT_EARLY"],
  [4, "ABORT_LATE"],
  [2, "ABANDON_EARLY"],
  [3, "ABANDON_HALF"],
  [5, "ABANDON_SENT"],
  [4, "TRASH"],
  [4, "RESTORE"],
  [5, "PURGE"],
  [3, "PURGE_FROM_TRASH"],
];

/** The upload of this number, whichever were asked for before. */
export function planUpload(plan: StormPlan, index: number): UploadPlan {
  const random = randomOf(`${plan.seed}:upload:${index}`);
  const [from, to] = weighted(random, SIZES[plan.sizes]);
  const sizeBytes = between(random, from, to);
  const fate = weighted(random, FATES);
  // The engine's own business is to bring a file home.
  const by = random() < 0.1 && fate === "KEEP" ? "ENGINE" : "RAW";
  const wrongType = random() < 0.03 && sizeBytes > 0 && fate === "KEEP";
  const name = `storm-${String(index).padStart(6, "0")}.bin`;
  return {
    index,
    owner: `owner-${between(random, 0, OWNERS)}`,
    filename: name,
    contentType: wrongType ? "image/png" : "application/octet-stream",
    sizeBytes,
    contentSeed: `${plan.seed}:content:${index}`,
    declareSha256: random() < 0.5,
    partChecksum: random() < 0.4 ? "SHA256" : null,
    withKey: random() < 0.85,
    by,
    fate,
    wrongType,
    confirmEarly: random() < 0.05 && sizeBytes > 0 && by === "RAW",
    confirmers: random() < 0.15 ? 2 : 1,
    newName: random() < 0.1 && !wrongType ? `renamed-${name}` : null,
  };
}

const KILLED: readonly (readonly [weight: number, target: Target])[] = [
  [45, "API"],
  [15, "SWEEPER"],
  [20, "POSTGRES"],
  [20, "STORE"],
];
const FROZEN: readonly (readonly [weight: number, target: Target])[] = [
  [60, "API"],
  [20, "POSTGRES"],
  [20, "STORE"],
];
const CUT: readonly (readonly [weight: number, target: Target])[] = [
  [50, "POSTGRES"],
  [50, "STORE"],
];
const FREEZES_PER_KILL = 0.25;
const CUTS_PER_KILL = 0.15;

/** Exactly `kills` kills, with freezes and cuts between them. */
export function planStrikes(plan: StormPlan): Strike[] {
  const random = randomOf(`${plan.seed}:strikes`);
  const strike = (what: Strike["what"], targets: typeof KILLED, forMs: (target: Target) => number): Strike => {
    const target = weighted(random, targets);
    const slot = between(random, 0, plan.processes);
    return { what, target, slot, afterMs: between(random, ...plan.strikeEveryMs), forMs: Math.round(forMs(target)) };
  };
  const strikes: Strike[] = [];
  for (let kill = 0; kill < plan.kills; kill += 1) {
    strikes.push(strike("KILL", KILLED, () => random() * 1000));
    if (random() < FREEZES_PER_KILL) {
      // An API process sleeps through its leases; servers long enough for callers to lose patience.
      const frozenMs = (target: Target): number =>
        target === "API" ? plan.leaseMs * (1.2 + random() * 1.8) : 300 + random() * 2700;
      strikes.push(strike("FREEZE", FROZEN, frozenMs));
    }
    if (random() < CUTS_PER_KILL) strikes.push(strike("CUT", CUT, () => 0));
  }
  return strikes;
}
