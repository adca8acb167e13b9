import type { Page, Request } from "playwright-core";

/** Watches requests with bytes; `inFlight` of them are under way. */
export function watchPuts(page: Page): { started: number; inFlight: number } {
  const puts = { started: 0, inFlight: 0 };
  page.on("request", (request) => {
    if (request.method() !== "PUT") return;
    puts.started++;
    puts.inFlight++;
  });
  const end = (request: Request): void => {
    if (request.method() === "PUT") puts.inFlight--;
  };
  page.on("requestfinished", end);
  page.on("requestfailed", end);
  return puts;
}
