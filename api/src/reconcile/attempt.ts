import type { Breach } from "./breach.js";

/** What was, or would be, done about a breach. */
export type Mended = Pick<Breach, "mend" | "fixed">;

/** One thing that cannot be mended must not stop the others. @param work answers whether it helped */
export async function attempt(mend: string, work: () => Promise<boolean>): Promise<Mended> {
  try {
    return (await work()) ? { mend, fixed: true } : { mend: `${mend}; it is not done yet`, fixed: false };
  } catch (error) {
    return { mend: `${mend}; it failed: ${error instanceof Error ? error.message : String(error)}`, fixed: false };
  }
}
