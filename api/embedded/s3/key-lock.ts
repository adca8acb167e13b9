/** Runs critical sections one after another for the same name, and side by side for different names. */
export class KeyLock {
  private readonly tails = new Map<string, Promise<void>>();

  /** Runs `section` when every earlier section of `name` has ended, whatever became of it. */
  async run<T>(name: string, section: () => Promise<T>): Promise<T> {
    const earlier = this.tails.get(name) ?? Promise.resolve();
    const current = earlier.then(section);
    const tail = current.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(name, tail);
    try {
      return await current;
    } finally {
      if (this.tails.get(name) === tail) this.tails.delete(name);
    }
  }
}
