import { request } from "node:http";
import type { Attack } from "./attack.js";
import { FOREIGN_MARK } from "./attack.js";
import type { WireAnswer } from "./wire.js";

/** What answers give away by themselves. */

const isSuccess = ({ status }: WireAnswer): boolean => status >= 200 && status < 300;

/** What the answers alone give away. */
export function toldTooMuch(answers: readonly WireAnswer[], attack: Attack | null): string[] {
  const harm: string[] = [];
  if (answers.some(({ body }) => body.includes(FOREIGN_MARK))) harm.push("somebody else's bytes were answered");
  if (attack?.may === "REFUSED" && answers.some(isSuccess))
    harm.push("what was to be refused was answered with success");
  if (answers.some(({ headers }) => "set-cookie" in headers)) harm.push("the answer was split");
  return harm;
}

/** What a browser would get that was not signed for it. */
export function misread(answers: readonly WireAnswer[], url: string, content: string, attack: Attack | null): string[] {
  const harm: string[] = [];
  const signed = new URL(url).searchParams;
  for (const { status, headers, body } of answers.filter(isSuccess)) {
    for (const name of ["content-type", "content-disposition", "cache-control"])
      if (headers[name] !== signed.get(`response-${name}`)) harm.push(`${name} is ${headers[name] ?? "not there"}`);
    const [, from = "0", to = String(content.length - 1)] =
      /bytes (\d+)-(\d+)/.exec(headers["content-range"] ?? "") ?? [];
    const expected = status === 206 ? content.slice(Number(from), Number(to) + 1) : content;
    if (body.toString("latin1") !== expected) harm.push("other bytes were answered");
  }
  const answered = attack === null || attack.onAws?.some((status) => status < 300) === true;
  if (answered && !answers.some(isSuccess)) harm.push("the file cannot be read");
  return harm;
}

/** A GET without a library's own ideas about bodies. */
export function ask(url: string): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(url, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        resolve({ status: response.statusCode!, headers, body: Buffer.concat(chunks) });
      });
    })
      .on("error", reject)
      .end();
  });
}
