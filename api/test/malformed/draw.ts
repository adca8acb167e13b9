import { randomOf } from "../storm/schedule.js";

/** Choices that a seed decides. */
export interface Draw {
  /** True so often. */
  chance(share: number): boolean;
  /** A whole number from 0 up to and without `below`. */
  below(below: number): number;
  of<Choice>(choices: readonly Choice[]): Choice;
  times<Item>(count: number, make: (index: number) => Item): Item[];
}

export function drawOf(seed: string): Draw {
  const random = randomOf(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    chance: (share) => random() < share,
    below,
    of: (choices) => choices[below(choices.length)]!,
    times: (count, make) => Array.from({ length: count }, (_, index) => make(index)),
  };
}
