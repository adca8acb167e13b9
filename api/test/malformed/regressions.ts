import type { Input, InputContext } from "./inputs.js";
import { requestBytes } from "./inputs.js";

/** Every input that was ever taken badly, with what was wrong. Each one is sent in every run. */
export const REGRESSIONS: readonly {
  readonly found: string;
  readonly input: (context: InputContext) => Input;
}[] = [
  {
    found: "41 seconds of processor: an error with a stack was made for each value that did not fit",
    input: (context) => {
      const query = "mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { __typename } }";
      const body = JSON.stringify({ query, variables: { x: Array.from({ length: 80_000 }, () => ({})) } });
      return post(context, "80,000 empty objects", body);
    },
  },
  {
    found: "500: a condition at the root of a subscription whose value does not fit",
    input: (context) => {
      const body = JSON.stringify({ query: "subscription { filesChanged @skip(if: 1) { at } }" });
      const input = post(context, "a subscription with a condition", body);
      return {
        ...input,
        bytes: replaced(replaced(input.bytes, "/graphql", "/graphql/stream"), "\r\n", "\r\nAccept: */*\r\n"),
      };
    },
  },
  {
    found: "500: the same over /graphql",
    input: (context) =>
      post(context, "the same", JSON.stringify({ query: "subscription { filesChanged @skip(if: 1) { at } }" })),
  },
  ...["lo\u00bbcalhost:80", "localhost:1:2", "loc\u007falhost", "[::1", "a:99999", "%"].map((host) => ({
    found: "500: a Host header that names no host",
    input: (context: InputContext): Input => post({ ...context, host }, `Host: ${host}`, '{"query":"{ serverTime }"}'),
  })),
];

/** The first place of it. */
const replaced = (bytes: Buffer, from: string, to: string): Buffer =>
  Buffer.from(bytes.toString("latin1").replace(from, to), "latin1");

function post(context: InputContext, name: string, body: string): Input {
  const headers = [
    ["Authorization", `Bearer ${context.token}`],
    ["Content-Type", "application/json"],
  ] as const;
  return { name, bytes: requestBytes(context, { headers, body }) };
}
