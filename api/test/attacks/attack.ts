import type { Wire } from "./wire.js";

/** Begins everything that is somebody else's, so that it is known where it turns up. */
export const FOREIGN_MARK = "somebody-elses-";

/** What an attacker knows of the world, beyond what was signed for him. */
export interface Around {
  readonly bucket: string;
  /** Somebody else's file in the same bucket, and one in another bucket of the same store. */
  readonly foreignKey: string;
  readonly otherBucket: string;
  readonly otherBucketKey: string;
  /** Another open upload of the attacker's own; nothing may ever be put into it. */
  readonly siblingKey: string;
  readonly siblingUploadId: string;
}

/**
 * Where an attack is shown to do harm, so that its absence elsewhere means something. CREDULOUS_STORE: one that believes
 * whatever it is sent (credulous-store.ts), under the same service. BARE_PUT: the run's own store and a plain presigned
 * PUT, which signs nothing but the host. PUBLIC_OBJECT: the credulous store, and the file is open to everybody.
 */
export type WeakSetup = "CREDULOUS_STORE" | "BARE_PUT" | "PUBLIC_OBJECT";

/** One attack: what is sent, what may come of it, and where it is known to work. */
export interface Attack {
  readonly name: string;
  /** From the honest request, with bytes of the attacker's choice as its body, to what goes over the wire. */
  readonly request: (honest: Wire, around: Around) => Wire | Buffer;
  /**
   * REFUSED: any 2xx is harm, and so is anything stored. NO_EFFECT: the store may ignore what was added and take the
   * attacker's own bytes of the signed length, as if he had been honest; anything else is harm.
   */
  readonly may: "REFUSED" | "NO_EFFECT";
  /** Statuses that AWS documents for it (any one): asked of stores that do as AWS does. Null: none is documented, any 4xx. */
  readonly onAws: readonly number[] | null;
  readonly weak: WeakSetup;
  /** The connection is closed right after the last byte. */
  readonly hangUp?: true;
}

type Rest = Partial<Pick<Attack, "onAws" | "weak" | "hangUp">>;

/** A request that has to be refused whole. */
export const refused = (name: string, request: Attack["request"], rest: Rest = {}): Attack => ({
  ...{ name, request, may: "REFUSED", onAws: [403], weak: "CREDULOUS_STORE" },
  ...rest,
});

/** A request whose addition has to be refused or ignored. */
export const ignored = (name: string, request: Attack["request"], rest: Rest = {}): Attack => ({
  ...{ name, request, may: "NO_EFFECT", onAws: [403], weak: "CREDULOUS_STORE" },
  ...rest,
});
