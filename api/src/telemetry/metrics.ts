import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Why a call was turned away before anything was done for it. */
export type RefusalReason = "BUSY" | "RATE_ADDRESS" | "RATE_OWNER" | "UNAUTHENTICATED" | "FORBIDDEN";

/** Connections of a pool right now. */
export interface PoolUse {
  readonly open: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
}

/**
 * What this process counts, for Prometheus. Every label comes from our own tables (routes, fields of the schema, codes,
 * operations of the store), never from a caller: so the number of series is bounded, and nothing names an owner or a file.
 */
export interface Metrics {
  /** Of {@link text}. */
  readonly contentType: string;
  /** The Prometheus exposition format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  text(): Promise<string>;
  /** One HTTP request. @param route the route's pattern, never the path */
  answered(facts: { route: string; method: string; status: number; seconds: number }): void;
  /** One root field. @param outcome OK, or a code of errors.ts */
  field(facts: { field: string; outcome: string; seconds: number }): void;
  refused(reason: RefusalReason): void;
  /** One call to the store, retries and all. */
  storeCall(facts: { operation: string; outcome: string; seconds: number }): void;
  /** An upload came to its end. @param code of a rejection; else empty */
  uploadEnded(verdict: "READY" | "REJECTED" | "EXPIRED" | "ABORTED", code: string): void;
  job(facts: { task: string; outcome: "OK" | "FAILED"; seconds: number }): void;
  /** Asked at each scrape. */
  watchPool(use: () => PoolUse): void;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS"]);
const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STORE_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const JOB_SECONDS = [0.01, 0.1, 1, 10, 60];

/** A registry of its own: several applications in one process do not count for each other. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const http = new Histogram({
    ...{
      name: "signet_http_request_duration_seconds",
      help: "HTTP requests by route.",
      registers,
      buckets: HTTP_SECONDS,
    },
    labelNames: ["route", "method", "status"] as const,
  });
  const fields = new Histogram({
    ...{ name: "signet_graphql_field_duration_seconds", help: "Root fields of operations by outcome.", registers },
    ...{ buckets: HTTP_SECONDS, labelNames: ["field", "outcome"] as const },
  });
  const refusals = new Counter({
    ...{ name: "signet_refusals_total", help: "Calls turned away before anything was done for them.", registers },
    labelNames: ["reason"] as const,
  });
  const store = new Histogram({
    ...{ name: "signet_store_call_duration_seconds", help: "Calls to the store, retries and all.", registers },
    ...{ buckets: STORE_SECONDS, labelNames: ["operation", "outcome"] as const },
  });
  const uploads = new Counter({
    ...{ name: "signet_uploads_ended_total", help: "Uploads by how they ended.", registers },
    labelNames: ["verdict", "code"] as const,
  });
  const jobs = new Histogram({
    ...{ name: "signet_job_duration_seconds", help: "Jobs by outcome.", registers, buckets: JOB_SECONDS },
    labelNames: ["task", "outcome"] as const,
  });
  let withProcess = false;

  return {
    contentType: registry.contentType,
    text() {
      // Not before somebody asks: its observers belong to the process and have no end.
      if (!withProcess) collectDefaultMetrics({ register: registry });
      withProcess = true;
      return registry.metrics();
    },
    answered({ route, method, status, seconds }) {
      const labels = { route, method: METHODS.has(method) ? method : "OTHER", status: `${Math.floor(status / 100)}xx` };
      http.observe(labels, seconds);
    },
    field: ({ field, outcome, seconds }) => fields.observe({ field, outcome }, seconds),
    refused: (reason) => refusals.inc({ reason }),
    storeCall: ({ operation, outcome, seconds }) => store.observe({ operation, outcome }, seconds),
    uploadEnded: (verdict, code) => uploads.inc({ verdict, code }),
    job: ({ task, outcome, seconds }) => jobs.observe({ task, outcome }, seconds),
    watchPool(use) {
      const help = "Connections of the database pool, and statements that wait for one.";
      const gauge: Gauge<"state"> = new Gauge({
        ...{ name: "signet_database_pool", help, registers, labelNames: ["state"] as const },
        collect: () => {
          for (const [state, count] of Object.entries(use())) gauge.set({ state }, count);
        },
      });
    },
  };
}
