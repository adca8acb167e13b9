/** Retries are paid for: see {@link createRetryBudget}. */
export interface RetryBudget {
  /** One call has been begun; its part of a retry is put aside. */
  earn(): void;
  /** Takes one retry. False: there is none left, the failure stands. */
  spend(): boolean;
}

/**
 * A bucket of retries, full at the beginning. Each call puts `share` of a retry into it, each retry takes one out: a store
 * that fails now and then is asked again, and one that fails all the time gets no more than `1 + share` of the calls.
 * PURE but for its own count.
 * @param share 0..1 @param burst retries that can be saved up
 */
export function createRetryBudget({ share, burst }: { share: number; burst: number }): RetryBudget {
  let saved = burst;
  return {
    earn() {
      saved = Math.min(burst, saved + share);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
