import { readFileSync } from "node:fs";

/** Linux tells processor time in hundredths of a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const MS_PER_TICK = 10;

/** What a process has taken of the processor so far, all its threads, in milliseconds. */
export function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in the second field may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** PURE. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Contender {
  readonly name: string;
  /** One round: its cost for one operation, in any unit that all contenders share. */
  readonly round: () => Promise<number>;
}

export interface Interleaved {
  /** Median cost of each, by name. */
  readonly costs: Readonly<Record<string, number>>;
  /** The median, over the rounds, of one's cost by another's in the same round: what drifts with the machine falls out. */
  ratio(of: string, by: string): number;
}

/** A B C, A B C, …: one round before is not counted. */
export async function interleaved(contenders: readonly Contender[], rounds: number): Promise<Interleaved> {
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const { name, round: measure } of contenders) {
      const cost = await measure();
      if (round >= 0) costs.get(name)!.push(cost);
    }
  }
  return {
    costs: Object.fromEntries([...costs].map(([name, values]) => [name, median(values)])),
    ratio: (of, by) => median(costs.get(of)!.map((cost, round) => cost / costs.get(by)![round]!)),
  };
}
