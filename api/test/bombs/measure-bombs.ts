import { isObjectType } from "graphql";
import { openTestServer } from "../../src/http/server.fixture.js";
import { createSchema } from "../../src/schema.js";

/** How one bomb was taken on one path. */
export interface Blast {
  readonly path: string;
  readonly status: number;
  readonly body: string;
  /** Of this process, user and system: the least of several rounds. */
  readonly cpuMs: number;
  /** Resolvers that ran in all rounds. */
  readonly resolved: number;
}

/** The surface without a socket, over the real schema, each resolver of which only counts. */
export interface Range {
  /** Sends a body to both paths, so often each. */
  send(payload: string, rounds: number): Promise<Blast[]>;
  stop(): Promise<void>;
}

const PATHS = [
  ["/graphql", "application/json"],
  ["/graphql/stream", "text/event-stream"],
] as const;

export async function openRange(): Promise<Range> {
  let resolved = 0;
  const schema = createSchema([]);
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) && !type.name.startsWith("__"))
      for (const field of Object.values(type.getFields()))
        field.resolve = () => {
          resolved += 1;
          return null;
        };
  const server = await openTestServer({}, { schema });
  const token = await server.tokenOf("local");

  return {
    async send(payload, rounds) {
      const blasts: Blast[] = [];
      for (const [path, accept] of PATHS) {
        resolved = 0;
        let best: Omit<Blast, "resolved" | "path"> | null = null;
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", accept };
        for (let round = 0; round < rounds; round += 1) {
          const before = process.cpuUsage();
          const answer = await server.inject({ method: "POST", url: path, headers, payload });
          const { user, system } = process.cpuUsage(before);
          const cpuMs = (user + system) / 1000;
          if (best === null || cpuMs < best.cpuMs) best = { status: answer.statusCode, body: answer.body, cpuMs };
        }
        blasts.push({ ...best!, path, resolved });
      }
      return blasts;
    },
    stop: () => server.stop(),
  };
}
