/** Makes one question of many. PURE but for the clock. */

/**
 * Single questions that come within `windowMs` are asked together, at most `atOnce` in one call. Every asker gets the
 * answer at its own place, or the failure of the call that it was part of. Whoever asks twice within the window is asked
 * for twice.
 * @param ask answers in the order of the ids
 */
export function gather<T>(
  ask: (ids: readonly string[]) => Promise<readonly T[]>,
  { windowMs, atOnce }: { readonly windowMs: number; readonly atOnce: number },
): (id: string) => Promise<T> {
  interface Waiting {
    readonly id: string;
    readonly resolve: (answer: T) => void;
    readonly reject: (reason: unknown) => void;
  }
  let waiting: Waiting[] = [];

  const send = async (askers: readonly Waiting[]): Promise<void> => {
    try {
      const answers = await ask(askers.map(({ id }) => id));
      askers.forEach(({ resolve, reject }, index) => {
        if (index in answers) resolve(answers[index] as T);
        else reject(new RangeError("fewer answers than questions"));
      });
    } catch (error) {
      for (const { reject } of askers) reject(error);
    }
  };

  const sendAll = (): void => {
    const askers = waiting;
    waiting = [];
    for (let start = 0; start < askers.length; start += atOnce) void send(askers.slice(start, start + atOnce));
  };

  return (id) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setTimeout(sendAll, windowMs);
      waiting.push({ id, resolve, reject });
    });
}
