/** A gate is shut for whoever comes now: busy, and the line in front of it moves too slowly. */
export class GateShut extends Error {
  override readonly name = "GateShut";
}

export interface Gate {
  /**
   * Takes a place, or stands in line for one. Whoever is done leaves; leaving twice is leaving once.
   * @throws GateShut at once when the line is too long, and when waiting was in vain
   */
  enter(): Promise<() => void>;
  /** Whether `enter` would be refused at once. */
  isShut(): boolean;
}

export interface GateOptions {
  /** How many may be inside at one time; asked anew each time, as it may change. */
  readonly places: () => number;
  /** Milliseconds, monotonic. Default performance.now. */
  readonly now?: () => number;
}

/** A line that has not been empty for so long is no burst any more: there is more to do than is done. */
export const STANDING_AFTER_MS = 1_000;
/** What one may have to wait in a burst. */
export const BURST_WAIT_MS = 1_000;
/** Who has waited so long for a line that was expected to be quicker is refused after all. */
export const GIVE_UP_MS = 2_000;
/** What one may have to wait in a standing line: whoever gets in is served quickly, the others are told at once. */
export const STANDING_WAIT_MS = 200;
/** For each place, however fast the line moves. */
export const IN_LINE_PER_PLACE = 4;
/** So many of those who left last tell the pace. */
const PACE_OF_LAST = 32;

interface Waiting {
  readonly enter: () => void;
  readonly refuse: () => void;
}

/**
 * Lets a bounded number of callers work at a time, first come, first served. The line is bounded by the time that it takes,
 * since the same number is nothing for a fast machine and minutes for a slow store: a wait of
 * {@link BURST_WAIT_MS} while it forms, of {@link STANDING_WAIT_MS} once it stands (after CoDel, RFC 8289: what matters
 * is how long a queue stands, not how long it gets). Whatever the pace: never
 * more than {@link IN_LINE_PER_PLACE} for each place, and half as many as there are places may always wait.
 */
export function createGate({ places, now = () => performance.now() }: GateOptions): Gate {
  let inside = 0;
  const line = new Set<Waiting>();
  /** Since when somebody has been waiting without a pause; null: nobody is. */
  let waitingSince: number | null = null;
  /** When the last ones left, while somebody waited; the first entry is when that began. */
  let leftAt: number[] = [];
  let cut = false;

  const standing = (): boolean => waitingSince !== null && now() - waitingSince > STANDING_AFTER_MS;
  /** How many may wait in all. */
  const lineMax = (): number => {
    // Up to now and not to the last one who left: when nobody leaves any more, the pace slows down.
    const paceMs = waitingSince === null ? 0 : (now() - leftAt[0]!) / Math.max(leftAt.length - 1, 1);
    const bearable = Math.floor((standing() ? STANDING_WAIT_MS : BURST_WAIT_MS) / Math.max(paceMs, 0.01));
    return Math.min(Math.max(bearable, Math.ceil(places() / 2)), places() * IN_LINE_PER_PLACE);
  };
  const isShut = (): boolean => inside >= places() && line.size >= lineMax();

  return {
    isShut,
    async enter() {
      // There may be more places than when somebody left last.
      letIn();
      if (inside < places() && line.size === 0) {
        inside += 1;
        return leaver();
      }
      if (line.size >= lineMax()) throw new GateShut();
      if (waitingSince === null) {
        waitingSince = now();
        leftAt = [waitingSince];
        cut = false;
      }
      await inLine();
      return leaver();
    },
  };

  function inLine(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): (() => void) => {
        return () => {
          clearTimeout(timer);
          line.delete(waiting);
          if (line.size === 0) waitingSince = null;
          end();
        };
      };
      const waiting: Waiting = {
        enter: settle(() => {
          inside += 1;
          resolve();
        }),
        refuse: settle(() => reject(new GateShut())),
      };
      // For a line that stops; while it moves, those are refused who come too late, and not those who came.
      const timer = setTimeout(waiting.refuse, GIVE_UP_MS);
      line.add(waiting);
    });
  }

  /** What the one who has come in calls when leaving. */
  function leaver(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside -= 1;
      if (waitingSince === null) return;
      leftAt.push(now());
      if (leftAt.length > PACE_OF_LAST) leftAt.shift();
      if (!cut && standing()) cutLine();
      letIn();
    };
  }

  function letIn(): void {
    while (line.size > 0 && inside < places()) first(line).enter();
  }

  /** The burst did not end: those at its tail, who would wait too long, are told so now. */
  function cutLine(): void {
    cut = true;
    const tooMany = line.size - lineMax();
    if (tooMany > 0) for (const waiting of [...line].slice(-tooMany)) waiting.refuse();
  }
}

const first = (line: ReadonlySet<Waiting>): Waiting => line.values().next().value!;
