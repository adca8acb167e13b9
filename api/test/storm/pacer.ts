/** Keeps uploads and kills beside each other from the first to the last: neither may run ahead. */
export interface Pacer {
  /** Resolves when this upload may begin. */
  mayUpload(index: number): Promise<void>;
  uploaded(): void;
  /** Resolves when this kill may be done. */
  mayKill(kill: number): Promise<void>;
  killed(): void;
}

/** Uploads that may begin before the kill that they belong to, as a share of all. */
const LEAD = 0.02;

export function createPacer({ uploads, kills }: { readonly uploads: number; readonly kills: number }): Pacer {
  let uploaded = 0;
  let killed = 0;
  let waiting: (() => void)[] = [];
  const wakeAll = (): void => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((wake) => waiting.push(wake));
  };
  return {
    mayUpload: (index) => until(() => index / uploads <= (killed + 1) / (kills + 1) + LEAD),
    uploaded() {
      uploaded += 1;
      wakeAll();
    },
    mayKill: (kill) => until(() => kill / kills <= uploaded / uploads + LEAD),
    killed() {
      killed += 1;
      wakeAll();
    },
  };
}
