/**
 * A server and a store in one for the engine's tests: real HTTP on a loopback port, real bytes, and faults on demand.
 * Never part of the page.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { BulkUploadApi } from "./batch-calls.js";
import type { Answer, CreateUpload, PartToSign, UploadProblem, UploadTicket } from "./upload-api.js";

/** What `confirm` gives. */
export interface TestFile {
  readonly id: string;
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * What happens to one PUT. CUT: the connection breaks half-way. SWALLOW: stored, but the answer is lost.
 * STALL: reading stops for good, and nothing is stored. FLIP: a byte is damaged on the way.
 */
export type PutFate = "OK" | "CUT" | "SWALLOW" | "STALL" | "FLIP" | { readonly status: number; readonly code: string };

/** One request that reached the store. */
export interface PutRecord {
  readonly fileId: string;
  readonly number: number;
  readonly status: number | "CUT";
}

interface Upload {
  readonly id: string;
  readonly input: CreateUpload;
  readonly parts: Map<number, Buffer>;
  state: "OPEN" | "READY" | "GONE";
}

export interface TestStoreOptions {
  readonly partSize: number;
  /** Files up to this size travel in one PUT. Default: partSize. */
  readonly singleBytes?: number;
  readonly batchSize?: number;
}

/** Starts one on a free port. */
export async function startTestStore(options: TestStoreOptions): Promise<TestStore> {
  const store = new TestStore(options);
  await store.listen();
  return store;
}

export class TestStore {
  readonly puts: PutRecord[] = [];
  readonly calls: string[] = [];
  readonly signedBatches: number[][] = [];
  readonly uploads = new Map<string, Upload>();
  /** Most PUTs that were open at one time. */
  peak = 0;
  /** Decides over each PUT; `nth` counts from 1 over all of them. */
  fate: (number: number, nth: number) => PutFate = () => "OK";
  /** Called before each API call; may throw or answer a problem instead. */
  beforeCall: (name: string, nth: number) => UploadProblem | undefined = () => undefined;
  /** Asked about each file of a create or confirm, by its name; may answer a problem. */
  beforeItem: (name: "create" | "confirm", filename: string) => UploadProblem | undefined = () => undefined;
  /** Milliseconds that a signature lives. */
  ttlMs = 60_000;
  /** Milliseconds that each PUT takes at least. */
  delayMs = 0;

  readonly #options: TestStoreOptions;
  readonly #server: Server;
  #open = 0;
  #nth = 0;
  #signatures = 0;
  readonly #used = new Set<string>();

  constructor(options: TestStoreOptions) {
    this.#options = options;
    this.#server = createServer((request, answer) => {
      this.#open++;
      this.peak = Math.max(this.peak, this.#open);
      answer.on("close", () => this.#open--);
      this.#put(request, answer).catch(() => request.socket.destroy());
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves when requests that were cut off by their sender have been seen to end. */
  async quiet(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, 50));
    while (this.#open > 0);
  }

  /** Takes a part away again, as a store that lost it. */
  lose(fileId: string, number: number): void {
    this.#upload(fileId)?.parts.delete(number);
  }

  get only(): Upload {
    const [upload] = this.uploads.values();
    if (!upload || this.uploads.size !== 1) throw new Error(`${this.uploads.size} uploads, not one`);
    return upload;
  }

  readonly api: BulkUploadApi<TestFile> = {
    create: async (input) => this.#call("create") ?? this.#create(input),
    createMany: async (inputs) => {
      const problem = this.#call("createMany");
      return inputs.map((input) => problem ?? this.#create(input));
    },
    resume: async (fileId, { withDigests }) => {
      this.#call("resume");
      const upload = this.#upload(fileId);
      if (!upload || upload.state === "GONE") return { state: "GONE" };
      if (upload.state === "READY") return { state: "CLOSED" };
      const receivedParts = [...upload.parts.keys()];
      const storedParts = [...upload.parts].map(([number, bytes]) => ({ number, sha256: hex(bytes) }));
      const ticket = { ...this.#ticket(upload), receivedParts, ...(withDigests ? { storedParts } : {}) };
      return { state: "OPEN", ticket };
    },
    batchSize: async () => this.#options.batchSize ?? 100,
    signParts: async (fileId, parts) => {
      const problem = this.#call("signParts");
      if (problem) return problem;
      const upload = this.#upload(fileId);
      if (upload?.state !== "OPEN") return refusal("UPLOAD_NOT_OPEN");
      this.signedBatches.push(parts.map((part) => part.number));
      const checked = upload.input.partChecksum === "SHA256";
      if (parts.some((part) => checked !== (part.sha256 !== undefined))) return refusal("PART_INVALID");
      return { ok: true, value: parts.map((part) => ({ number: part.number, ...this.#sign(upload, part) })) };
    },
    confirm: async (fileId) => this.#call("confirm") ?? this.#confirm(fileId),
    confirmMany: async (fileIds) => {
      const problem = this.#call("confirmMany");
      return fileIds.map((fileId) => problem ?? this.#confirm(fileId));
    },
    abort: async (fileId) => {
      this.#call("abort");
      const upload = this.#upload(fileId);
      if (upload?.state === "OPEN") upload.state = "GONE";
      return { ok: true, value: undefined };
    },
  };

  #create(input: CreateUpload): Answer<UploadTicket> {
    const refused = this.beforeItem("create", input.filename);
    if (refused) return { ok: false, problem: refused };
    let upload = [...this.uploads.values()].find((known) => known.input.idempotencyKey === input.idempotencyKey);
    if (!upload) {
      upload = { id: `file_${this.uploads.size + 1}`, input, parts: new Map(), state: "OPEN" };
      this.uploads.set(upload.id, upload);
    }
    return { ok: true, value: this.#ticket(upload) };
  }

  #confirm(fileId: string): Answer<TestFile> {
    const upload = this.#upload(fileId);
    const refused = this.beforeItem("confirm", upload?.input.filename ?? "");
    if (refused) return { ok: false, problem: refused };
    if (!upload || upload.state === "GONE") return refusal("UPLOAD_EXPIRED");
    const { partCount } = this.#ticket(upload);
    const numbers = Array.from({ length: partCount }, (_, i) => i + 1).filter((n) => !upload.parts.has(n));
    if (numbers.length > 0) return refusal("PARTS_MISSING", { numbers });
    upload.state = "READY";
    const sorted = [...upload.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    return { ok: true, value: { id: upload.id, name: upload.input.filename, bytes: Buffer.concat(sorted) } };
  }

  #call(name: string): Extract<Answer<never>, { ok: false }> | undefined {
    this.calls.push(name);
    const problem = this.beforeCall(name, this.calls.filter((call) => call === name).length);
    return problem && { ok: false, problem };
  }

  #upload(fileId: string): Upload | undefined {
    return this.uploads.get(fileId);
  }

  #ticket(upload: Upload): UploadTicket {
    const { sizeBytes, partChecksum } = upload.input;
    const one = sizeBytes <= (this.#options.singleBytes ?? this.#options.partSize);
    const partSize = one ? sizeBytes : this.#options.partSize;
    const transfer = sizeBytes === 0 ? "NONE" : one ? "SINGLE" : "PARTS";
    const sha256 = partChecksum === "SHA256" ? upload.input.sha256 : undefined;
    const signed = transfer === "SINGLE" ? this.#sign(upload, { number: 1, ...(sha256 ? { sha256 } : {}) }) : undefined;
    return {
      fileId: upload.id,
      sizeBytes,
      transfer,
      method: "PUT",
      uploadUrl: signed?.url ?? null,
      headers: signed?.headers ?? [],
      urlExpiresAt: signed?.expiresAt ?? null,
      partSize,
      partCount: sizeBytes === 0 ? 0 : Math.ceil(sizeBytes / partSize),
      partChecksum,
    };
  }

  #sign(
    upload: Upload,
    part: PartToSign,
  ): { url: string; headers: { name: string; value: string }[]; expiresAt: string } {
    const expires = Date.now() + this.ttlMs;
    const sha = part.sha256 === undefined ? "" : Buffer.from(part.sha256, "hex").toString("base64");
    const { port } = this.#server.address() as AddressInfo;
    const query = new URLSearchParams({ expires: `${expires}`, signature: `${++this.#signatures}`, sha });
    return {
      url: `http://127.0.0.1:${port}/${upload.id}/${part.number}?${query}`,
      headers: [
        { name: "content-type", value: "application/octet-stream" },
        ...(sha ? [{ name: "x-amz-checksum-sha256", value: sha }] : []),
      ],
      expiresAt: new Date(expires).toISOString(),
    };
  }

  async #put(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://store");
    const [, fileId = "", part = ""] = url.pathname.split("/");
    const number = Number(part);
    const fate = this.fate(number, ++this.#nth);
    const end = (status: number, code: string): void => {
      this.puts.push({ fileId, number, status });
      answer.writeHead(status).end(status < 300 ? "" : `<Error><Code>${code}</Code></Error>`);
    };

    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
      if (fate === "STALL") {
        await new Promise((resolve) => answer.on("close", resolve));
        return;
      }
      if (fate === "CUT") {
        this.puts.push({ fileId, number, status: "CUT" });
        request.socket.destroy();
        return;
      }
    }
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const bytes = Buffer.concat(chunks);
    if (fate === "FLIP") bytes[0] = (bytes[0] ?? 0) ^ 1;
    if (typeof fate === "object") return end(fate.status, fate.code);

    const upload = this.#upload(fileId);
    const sha = url.searchParams.get("sha") ?? "";
    const signature = url.searchParams.get("signature") ?? "";
    const secondUse = this.#used.has(signature);
    this.#used.add(signature);
    if (upload?.state !== "OPEN") return end(404, "NoSuchUpload");
    if (Number(url.searchParams.get("expires")) < Date.now()) return end(403, "AccessDenied");
    // Stricter than a store: no URL is to be sent twice while others could be had.
    if (secondUse) return end(403, "SignatureDoesNotMatch");
    if ((request.headers["x-amz-checksum-sha256"] ?? "") !== sha) return end(403, "SignatureDoesNotMatch");
    if (sha && createHash("sha256").update(bytes).digest("base64") !== sha) return end(400, "BadDigest");
    upload.parts.set(number, bytes);
    if (fate === "SWALLOW") {
      this.puts.push({ fileId, number, status: "CUT" });
      request.socket.destroy();
      return;
    }
    end(200, "");
  }
}

function hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function refusal(code: string, facts: Partial<UploadProblem> = {}): { ok: false; problem: UploadProblem } {
  return { ok: false, problem: { code, message: code, retryable: false, ...facts } };
}
