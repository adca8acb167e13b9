/** Orders keys as S3 lists them: by their UTF-8 bytes, which UTF-16 order breaks for characters beyond U+FFFF. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return utf8Rank(a) - utf8Rank(b);
  }
  return left.length - right.length;
}

/** Moves surrogates (they stand for U+10000 and up) behind U+E000..U+FFFF. */
function utf8Rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The keys of a bucket in listing order; insertion and removal by binary search. */
export class SortedKeys {
  private readonly keys: string[];

  /** Takes keys in any order, without duplicates. */
  constructor(keys: Iterable<string> = []) {
    this.keys = [...keys].sort(compareKeys);
  }

  get size(): number {
    return this.keys.length;
  }

  add(key: string): void {
    const index = this.firstIndex((candidate) => compareKeys(candidate, key) >= 0);
    if (this.keys[index] !== key) this.keys.splice(index, 0, key);
  }

  delete(key: string): void {
    const index = this.firstIndex((candidate) => compareKeys(candidate, key) >= 0);
    if (this.keys[index] === key) this.keys.splice(index, 1);
  }

  at(index: number): string | undefined {
    return this.keys[index];
  }

  /** Index of the first key that is not before `key`, or with `after` the first one behind it. */
  indexFrom(key: string, options: { after: boolean }): number {
    return this.firstIndex((candidate) =>
      options.after ? compareKeys(candidate, key) > 0 : compareKeys(candidate, key) >= 0,
    );
  }

  /** Index of the first key behind all keys that start with `prefix`. */
  indexBehindPrefix(prefix: string): number {
    return this.firstIndex((candidate) => !candidate.startsWith(prefix) && compareKeys(candidate, prefix) > 0);
  }

  private firstIndex(reached: (candidate: string) => boolean): number {
    let [low, high] = [0, this.keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.keys[middle] as string)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
