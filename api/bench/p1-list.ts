import { randomUUID } from "node:crypto";
import { rowsOf } from "../src/db/query.js";
import { mintToken } from "../test/api-process.js";
import { openConnection } from "../test/load/http-connection.js";
import { chooseCores, pinThisProcess, unpinThisProcess } from "../test/load/cores.js";
import { ownerOf } from "../test/records.js";
import { withServers } from "../test/proofs/proof-servers.js";
import { reached } from "./bench.js";
import type { Bench } from "./bench.js";
import { cpuMsOf, interleaved } from "./measure.js";
import type { Contender } from "./measure.js";
import { plantFiles } from "./plant-files.js";
import { startPeer } from "./peers/start-peer.js";

const QUERY = "{ files(first: 100) { nodes { id filename size contentType status createdAt url } } }";
const NAIVE_QUERY = "{ files(first: 100) { id filename size contentType status createdAt url } }";
const CLIENTS = 4;

/** A page of a hundred files with their URLs, against the service that everybody writes. */
export const bench: Bench = {
  id: "P1",
  title: "files(first: 100) with url",
  method:
    "processor time of the service's process for each request, 4 clients on kept connections, Postgres and load elsewhere, interleaved. " +
    "Ours checks a token, scopes, cost and rates; the peer nothing",
  async run({ small, say }) {
    const cores = chooseCores();
    pinThisProcess(cores.service);
    try {
      return await withServers(async (servers) => {
        const owner = `bench-${randomUUID()}`;
        await plantFiles(servers.db, ownerOf(owner), 1_000);
        await rowsOf(
          servers.db,
          `create table naive_files as
           select id, owner_id as "ownerId", 'f/' || id as key, filename, coalesce(content_type, declared_type) as "contentType",
                  size_bytes as size, status, created_at as "createdAt" from files`,
        );
        await rowsOf(servers.db, `alter table naive_files add primary key (id)`);
        await rowsOf(servers.db, `create index on naive_files ("ownerId", "createdAt")`);
        const { store, bucket, postgres } = servers;
        const api = await servers.startApi({ env: { NODE_ENV: "development" } });
        const naive = servers.own(
          await startPeer("naive-service", {
            ...{ DATABASE_URL: postgres.url, S3_ENDPOINT: store.endpoint, S3_REGION: store.region, S3_BUCKET: bucket },
            ...{ AWS_ACCESS_KEY_ID: store.accessKeyId, AWS_SECRET_ACCESS_KEY: store.secretAccessKey },
            OWNER: ownerOf(owner),
          }),
        );
        pinThisProcess(cores.load);
        const token = await mintToken(owner);
        const [requests, rounds] = small ? [20, 1] : [300, 7];
        const ours = caller(api, "/graphql", QUERY, token);
        const theirs = caller(naive, "/", NAIVE_QUERY, null);
        const { costs, ratio } = await interleaved(
          [
            { name: "ours", round: () => ours(requests) },
            { name: "naive", round: () => theirs(Math.ceil(requests / 10)) },
          ] satisfies Contender[],
          rounds,
        );
        say(cores.method);
        const ms = (cost: number): string => `${cost.toFixed(2)} ms`;
        const times = ratio("naive", "ours");
        return [
          {
            what: "against Apollo on Express, TypeORM find, getSignedUrl a file",
            ...{ ours: ms(costs["ours"]!), peer: ms(costs["naive"]!), ratio: times, must: "25×", goal: "40×" },
            holds: reached(times >= 25, times >= 40),
          },
        ];
      });
    } finally {
      if (cores.service !== null) unpinThisProcess();
    }
  },
};

/** Sends so many requests and answers the processor time of each, in milliseconds. @throws Error for any answer but 100 files */
function caller(service: { url: string; pid: number }, path: string, query: string, token: string | null) {
  const body = JSON.stringify({ query });
  const { host } = new URL(service.url);
  const request = Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `${token === null ? "" : `authorization: Bearer ${token}\r\n`}content-length: ${body.length}\r\n\r\n${body}`,
    "latin1",
  );
  return async (count: number): Promise<number> => {
    const before = cpuMsOf(service.pid);
    let left = count;
    const client = async (): Promise<void> => {
      const connection = openConnection(service.url);
      await connection.opened;
      while ((left -= 1) >= 0) {
        const answer = await connection.send(request);
        const urls = answer.body.split('"url":"http').length - 1;
        if (answer.status !== 200 || urls !== 100) throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return (cpuMsOf(service.pid) - before) / count;
  };
}
