import { until } from "./records.js";

export interface Readiness {
  readonly httpStatus: number;
  readonly status: "ok" | "degraded" | "unavailable" | "stopping";
  readonly database?: boolean;
  readonly storage?: boolean;
}

export async function readinessOf({ url }: { readonly url: string }): Promise<Readiness> {
  const response = await fetch(`${url}/readyz`);
  return { httpStatus: response.status, ...((await response.json()) as Omit<Readiness, "httpStatus">) };
}

/** A process that has found its store away refuses calls to it until a probe of its own is answered. */
export const untilStoreAnswers = (api: { readonly url: string }): Promise<void> =>
  until(async () => (await readinessOf(api)).storage === true);
