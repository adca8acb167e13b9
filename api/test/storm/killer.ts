import { setTimeout as after } from "node:timers/promises";
import type { History } from "./history.js";
import type { Strike } from "./schedule.js";
import type { World } from "./world.js";

/** Strikes what the plan names, one after the other, without waiting for anything to recover. */
export interface Killer {
  /** kill -9s done so far. */
  readonly kills: number;
  /** Settles when all strikes were done, or `signal` fired. */
  readonly done: Promise<void>;
}

/**
 * @param mayStrike asked before each kill with its number: a storm without uploads would prove nothing, so kills wait for
 *   uploads as uploads wait for kills
 */
export function unleash(options: {
  readonly world: World;
  readonly strikes: readonly Strike[];
  readonly history: History;
  readonly mayStrike: (kill: number) => Promise<void>;
  readonly onKill: () => void;
  readonly signal: AbortSignal;
}): Killer {
  const { world, strikes, history, mayStrike, onKill, signal } = options;
  let kills = 0;
  return {
    get kills() {
      return kills;
    },
    done: strikeAll(),
  };

  async function strikeAll(): Promise<void> {
    const underWay: Promise<void>[] = [];
    for (const strike of strikes) {
      await after(strike.afterMs, undefined, { signal }).catch(() => undefined);
      await mayStrike(kills);
      if (signal.aborted) break;
      const startedMs = performance.now();
      const struck = hit(world, strike);
      // A freeze goes on beside the next strikes; a kill is counted when it is done.
      if (strike.what === "KILL") {
        await struck;
        kills += 1;
        onKill();
      } else underWay.push(struck);
      history.count(`${strike.what.toLowerCase()} ${strike.target.toLowerCase()}`);
      const via = strike.target === "API" ? `api-${strike.slot}` : strike.target.toLowerCase();
      history.note({
        upload: -1,
        what: strike.what,
        via,
        answer: `${strike.forMs} ms`,
        tookMs: performance.now() - startedMs,
      });
    }
    await Promise.all(underWay);
  }
}

async function hit(world: World, { what, target, slot, forMs }: Strike): Promise<void> {
  switch (target) {
    case "API":
      return what === "KILL" ? world.apis[slot]!.kill(forMs) : world.apis[slot]!.freeze(forMs);
    case "SWEEPER":
      return world.sweeper.kill(forMs);
    case "POSTGRES":
    case "STORE": {
      if (what === "CUT") return world.cut(target);
      const server = target === "POSTGRES" ? world.postgres : world.store;
      return what === "KILL" ? server.kill(forMs) : server.freeze(forMs);
    }
  }
}
