/** Variables of an environment, read by kind. What is wrong with one is noted, and its default goes on in its place. */
export interface Environment {
  /** Everything wrong so far, each with how to mend it; whoever reads more than a kind adds to it. */
  readonly faults: string[];
  /** Trimmed; null when unset or empty. */
  text(name: string): string | null;
  /** A whole number within its bounds. */
  integer(name: string, bounds: { readonly default: number; readonly min: number; readonly max: number }): number;
  /** Absolute, of one of the protocols (`https:`), without a slash at its end; null when unset or wrong. */
  url(name: string, protocols: readonly string[]): string | null;
  /** `true` or `false`. */
  boolean(name: string, fallback: boolean): boolean;
}

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const faults: string[] = [];
  const text = (name: string): string | null => {
    const value = env[name]?.trim();
    return value === undefined || value === "" ? null : value;
  };
  return {
    faults,
    text,
    integer(name, bounds) {
      const value = text(name);
      if (value === null) return bounds.default;
      const number = /^\d+$/.test(value) ? Number(value) : NaN;
      if (number >= bounds.min && number <= bounds.max) return number;
      faults.push(`${name} must be a whole number from ${bounds.min} to ${bounds.max}; it is "${value}".`);
      return bounds.default;
    },
    url(name, protocols) {
      const value = text(name);
      if (value === null) return null;
      if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value.replace(/\/+$/, "");
      faults.push(`${name} must be a URL with ${protocols.join(" or ")}.`);
      return null;
    },
    boolean(name, fallback) {
      const value = text(name);
      if (value === null) return fallback;
      if (value === "true" || value === "false") return value === "true";
      faults.push(`${name} must be true or false; it is "${value}".`);
      return fallback;
    },
  };
}
