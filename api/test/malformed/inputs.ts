import type { GraphQLSchema } from "graphql";
import type { Draw } from "./draw.js";
import { makeOperation } from "./operations.js";
import { hostileValue, HOSTILE_TEXTS } from "./values.js";

/** Bytes for one connection. */
export interface Input {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface InputContext {
  readonly schema: GraphQLSchema;
  readonly host: string;
  readonly token: string;
  /** Of files that are there, of that token's owner. */
  readonly fileIds: readonly string[];
}

const JSON_TYPE = "application/json";

/** Three of five are operations over HTTP that is as it should be; the others are broken further down. PURE. */
export function makeInput(context: InputContext, draw: Draw): Input {
  return draw.of([operation, operation, operation, brokenBody, brokenHttp])(context, draw);
}

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly version?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Buffer | string;
  /** In place of the body's own length; null: no such header. */
  readonly contentLength?: string | null;
}

/** Whatever it is asked to write: nothing is escaped or checked. */
export function requestBytes(context: Pick<InputContext, "host">, request: Request): Buffer {
  const { method = "POST", path = "/graphql", version = "HTTP/1.1", headers = [], body = "" } = request;
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  const length = request.contentLength === undefined ? String(bytes.length) : request.contentLength;
  const lines = [
    `${method} ${path} ${version}`,
    `Host: ${context.host}`,
    "Connection: close",
    ...(length === null ? [] : [`Content-Length: ${length}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

function authorization(context: InputContext, draw: Draw): readonly [string, string] {
  const { token } = context;
  const value = draw.chance(0.85)
    ? `Bearer ${token}`
    : draw.of([
        "Bearer",
        "Bearer ",
        `bearer ${token} ${token}`,
        `Basic ${token}`,
        `Bearer ${token.slice(0, -3)}`,
        `Bearer ${"a".repeat(9_000)}`,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer signet_x_y",
        "Bearer \u00e9\u00ff",
        `Bearer ${token}, Bearer ${token}`,
      ]);
  return ["Authorization", value];
}

function operation(context: InputContext, draw: Draw): Input {
  const { query, variables } = makeOperation(context.schema, context.fileIds, draw);
  const stream = query.startsWith("subscription") ? draw.chance(0.9) : draw.chance(0.03);
  const sent = { query, variables, ...(draw.chance(0.1) ? { operationName: draw.of(HOSTILE_TEXTS) } : {}) };
  if (draw.chance(0.1)) {
    const text = (name: string, value: unknown): string => `${name}=${encodeURIComponent(JSON.stringify(value) ?? "")}`;
    const path = `/graphql${stream ? "/stream" : ""}?query=${encodeURIComponent(wellFormed(query))}&${text("variables", variables)}`;
    const headers = [authorization(context, draw), ["Apollo-Require-Preflight", "1"]] as const;
    return {
      name: `GET ${query}`,
      bytes: requestBytes(context, {
        method: "GET",
        path,
        headers: stream ? [...headers, EVENTS] : headers,
        contentLength: null,
      }),
    };
  }
  const headers = [authorization(context, draw), ["Content-Type", JSON_TYPE], stream ? EVENTS : ANYTHING] as const;
  return {
    name: `${query} ${JSON.stringify(variables)}`,
    bytes: requestBytes(context, {
      path: stream ? "/graphql/stream" : "/graphql",
      headers,
      body: JSON.stringify(sent),
    }),
  };
}

const EVENTS = ["Accept", "text/event-stream"] as const;
const ANYTHING = ["Accept", "*/*"] as const;
const wellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, "?");

const BODIES: readonly (string | Buffer)[] = [
  ...[
    "",
    " ",
    "null",
    "true",
    "0",
    "-",
    "[]",
    "[[]]",
    "{}",
    "{",
    "}",
    '"',
    '"a"',
    "[{}]",
    "NaN",
    "undefined",
    "{'a':1}",
  ],
  ...[
    '{"query":null}',
    '{"query":{}}',
    '{"query":[]}',
    '{"query":1}',
    '{"query":""}',
    '{"query":" "}',
    '{"query":"\\u0000"}',
  ],
  '{"query":"{ serverTime }","query":"{ limits { batchSize } }"}',
  '{"query":"{ serverTime }","variables":[]}',
  '{"query":"{ serverTime }","variables":"x"}',
  '{"query":"{ serverTime }","variables":null,"extensions":[]}',
  '{"query":"{ serverTime }","operationName":{}}',
  '{"query":"{ serverTime }","operationName":""}',
  '{"query":"{ serverTime }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}',
  '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}',
  '{"query":"{ serverTime }","__proto__":{"a":1}}',
  '{"query":"{ serverTime }","constructor":{"prototype":{"a":1}}}',
  '{"query":"{ node(id: \\"\\ud800\\") { id } }"}',
  '{"query":"query ($a: Int) { files(first: $a) { nodes { id } } }","variables":{"a":1e999}}',
  '[{"query":"{ serverTime }"},{"query":"{ serverTime }"}]',
  `{"query":"{ serverTime }","a":${"[".repeat(2_000)}${"]".repeat(2_000)}}`,
  `{"query":"{ serverTime }","a":${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}}`,
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from("efbbbf7b7d", "hex"),
  Buffer.concat([Buffer.from('{"query":"'), Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf5]), Buffer.from('"}')]),
  Buffer.alloc(300 * 1024, "a"),
  Buffer.alloc(1024, 0),
];

const TYPES = [
  JSON_TYPE,
  "application/json; charset=utf-8",
  "application/json; charset=utf-7",
  "application/json; charset=UTF-16",
  'application/json; charset="utf-8"; charset=utf-7',
  "application/json;",
  "application/json, text/plain",
  "APPLICATION/JSON",
  "application/graphql",
  "application/graphql-response+json",
  "text/plain",
  "text/html",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=a",
  "multipart/form-data",
  "a",
  "/",
  ";",
  "",
] as const;

function brokenBody(context: InputContext, draw: Draw): Input {
  const body = draw.chance(0.3)
    ? JSON.stringify(
        draw.chance(0.5) ? hostileValue(draw) : { query: hostileValue(draw), variables: hostileValue(draw) },
      )
    : draw.of(BODIES);
  const type = draw.chance(0.6) ? JSON_TYPE : draw.of(TYPES);
  const path = draw.of(["/graphql", "/graphql", "/graphql/stream", "/files/x", "/", "/dev/token", "/healthz"]);
  const encoding = draw.chance(0.1) ? [["Content-Encoding", draw.of(["gzip", "deflate", "br", "x"])] as const] : [];
  const headers = [authorization(context, draw), ["Content-Type", type] as const, ...encoding];
  return {
    name: `${path} ${type} ${String(body).slice(0, 200)}`,
    bytes: requestBytes(context, {
      path,
      headers,
      body: body ?? "",
      method: draw.of(["POST", "POST", "PUT", "PATCH"]),
    }),
  };
}

const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "PROPFIND",
  "PURGE",
  "M-SEARCH",
  "FOO",
  "get",
  "QUERY",
  "G\u00c9T",
  "",
];
const PATHS = [
  ...[
    "/",
    "//",
    "/graphql",
    "/graphql/",
    "/graphql//stream",
    "/graphql/stream",
    "/GRAPHQL",
    "/graphql/%73tream",
    "/graphql;a=b",
  ],
  ...[
    "/graphql?",
    "/graphql?query",
    "/graphql?query=",
    "/graphql?query=%",
    "/graphql?query=%00",
    "/graphql?query=%ff",
    "/graphql?query=%7B",
    "/graphql?query=1&query=2",
  ],
  ...[
    "/graphql?variables=%7B&query=%7BserverTime%7D",
    "/graphql?query=%7BserverTime%7D&variables=[]",
    "/graphql?query[]=a",
    "/graphql?__proto__[a]=1&query=%7BserverTime%7D",
  ],
  ...[
    "/files/",
    "/files",
    "/files/%",
    "/files/%00",
    "/files/%ff",
    "/files/%2e%2e",
    "/files/..",
    "/files/../../etc/passwd",
    "/files/file_%0d%0aA:b",
    `/files/${"a".repeat(300)}`,
    "/files/file_x/y",
  ],
  ...[
    "/healthz",
    "/readyz",
    "/healthz/%",
    "/metrics",
    "/metrics/",
    "/dev/token",
    "/dev/token?user=%00",
    "/dev/token?user=a&user=b",
    "/sign-in.json",
    "/explorer",
    "/explorer/%2e%2e/%2e%2e",
    "/explorer/..%5c..",
    "/index.html",
    "/assets/",
    "/assets/%00.js",
  ],
  ...[
    "/%",
    "/%zz",
    "/%c0%ae%c0%ae/",
    "/..;/",
    "/\\..\\..",
    "/a?b#c",
    "*",
    "http://other.example/graphql",
    "http://127.0.0.1:1/",
    "graphql",
    "",
    "?",
    "/ /",
    "/\u00e9",
    "/\u0001",
    `/${"a".repeat(9_000)}`,
    `/${"a".repeat(20_000)}`,
    `/graphql?query=${"a".repeat(15_000)}`,
  ],
];
const VERSIONS = [
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/0.9",
  "HTTP/2.0",
  "HTTP/9.9",
  "HTTP/1.10",
  "http/1.1",
  "",
  "FTP/1.1",
];
const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ["Host", "other.example"],
  ["Host", ""],
  ["X-Forwarded-For", "\u0000"],
  ["X-Forwarded-For", "999.999.999.999, ::1, a"],
  ["X-Forwarded-Host", "evil.example"],
  ["X-Request-Id", "a\tb"],
  ["X-Request-Id", "a".repeat(5_000)],
  ["Origin", "null"],
  ["Origin", "\u00ff"],
  ["Origin", "https://app.example.evil"],
  ["Accept", "text/html"],
  ["Accept", "\u00e9"],
  ["Accept", ",".repeat(5_000)],
  ["Accept-Encoding", "gzip;q=9999999999999999, *;q=-1"],
  ["Range", "bytes=0-0,1-1,2-2"],
  ["Expect", "100-continue"],
  ["Expect", "200-ok"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Upgrade", "h2c"],
  ["Content-Type", "a".repeat(4_000)],
  ["If-None-Match", "*"],
  ["If-Modified-Since", "x"],
  ["Cookie", "a=b; __proto__=1"],
  ["__proto__", "a"],
  ["constructor", "a"],
  ["A b", "c"],
  ["", "a"],
  ["A", "b\u0000c"],
  ["A", "b\rc"],
  ["A", "b\nC: d"],
  ["Big", "a".repeat(17_000)],
  ["Apollo-Require-Preflight", "1"],
];

/** Bytes that are no request, or one that says two things at once. */
function brokenHttp(context: InputContext, draw: Draw): Input {
  const name = (what: string, bytes: Buffer): Input => ({
    name: `${what}: ${bytes.toString("latin1").slice(0, 300)}`,
    bytes,
  });
  const auth = authorization(context, draw);
  const type = ["Content-Type", JSON_TYPE] as const;
  const body = '{"query":"{ serverTime }"}';
  const hex = body.length.toString(16);
  const chunked = [
    "Transfer-Encoding",
    draw.of([
      "chunked",
      "chunked",
      "Chunked",
      "gzip, chunked",
      "chunked, chunked",
      "identity",
      "x",
      " chunked",
      "chunked\u000b",
    ]),
  ] as const;
  switch (draw.below(9)) {
    case 0:
    case 1:
    case 2: {
      const headers = [auth, ...draw.times(draw.below(3), () => draw.of(ODD_HEADERS))];
      const request = { method: draw.of(METHODS), path: draw.of(PATHS), version: draw.of(VERSIONS), headers };
      return name("odd request", requestBytes(context, { ...request, contentLength: draw.of([null, "0"]) }));
    }
    case 3: {
      const chunks = draw.of([
        `${hex}\r\n${body}\r\n0\r\n\r\n`,
        `${hex}\r\n${body}`,
        `${hex};a=b\r\n${body}\r\n0\r\nTrailer: a\r\n\r\n`,
        `-1\r\n${body}\r\n0\r\n\r\n`,
        `ffffffffffffffff\r\n${body}`,
        `zz\r\n${body}\r\n0\r\n\r\n`,
        `${hex}\n${body}\n0\n\n`,
        `0\r\n\r\n`,
        `${hex}\r\n${body}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        "1\r\n{\r\n".repeat(2_000),
      ]);
      const both = draw.chance(0.4) ? draw.of(["0", "5", String(chunks.length)]) : null;
      return name(
        "chunks",
        requestBytes(context, { headers: [auth, type, chunked], body: chunks, contentLength: both }),
      );
    }
    case 4: {
      const contentLength = draw.of([
        "-1",
        "1e3",
        "0x10",
        "+5",
        "5, 5",
        "5,6",
        "99999999999999999999",
        "",
        " ",
        "abc",
        "1000",
        String(body.length - 1),
        "0",
      ]);
      return name("length", requestBytes(context, { headers: [auth, type], body, contentLength }));
    }
    case 5: {
      const whole = requestBytes(context, { headers: [auth, type], body });
      return name("cut off", whole.subarray(0, draw.below(whole.length)));
    }
    case 6: {
      const one = requestBytes(context, {
        method: "GET",
        path: draw.of(PATHS.slice(0, 40)),
        headers: [auth],
        contentLength: null,
      });
      const kept = Buffer.from(one.toString("latin1").replace("Connection: close", "Connection: keep-alive"), "latin1");
      return name("pipeline", Buffer.concat([...draw.times(1 + draw.below(5), () => kept), one]));
    }
    case 7: {
      const bytes = requestBytes(context, { headers: [auth, type], body });
      const changed = Buffer.from(bytes);
      for (let round = 0; round <= draw.below(6); round += 1) changed[draw.below(changed.length)] = draw.below(256);
      return name("bytes changed", changed);
    }
    default: {
      const noise = Buffer.from(draw.times(1 + draw.below(400), () => draw.below(256)));
      const lines = draw.of([
        noise,
        Buffer.from("\r\n".repeat(draw.below(2_000))),
        Buffer.from(`GET / HTTP/1.1\r\n${"A: b\r\n".repeat(3_000)}\r\n`),
        Buffer.from("GET / HTTP/1.1\nHost: a\n\n"),
        Buffer.from("GET / HTTP/1.1\r\n\r\n"),
        Buffer.from("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"),
        Buffer.from("GET / HTTP/1.1\r\n Host: folded\r\nHost: a\r\n\r\n"),
        Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Buffer.from("160301020001000001fc0303", "hex"),
      ]);
      return name("no request", lines);
    }
  }
}
