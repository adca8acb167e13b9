import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { corsHeaders, preflightHeaders, type CorsRule } from "./cors.js";
import { S3Error } from "./errors.js";
import { hasOverrides } from "./object-headers.js";
import { RequestBody } from "./request-body.js";
import { parseRequestTarget, type RequestTarget } from "./request-target.js";
import { announcesBody, collectHeaders, effectiveHeaders, type S3Reply, type S3Request } from "./request.js";
import { errorReply, sendAndLinger, sendReply } from "./respond.js";
import { route, type RouteContext } from "./router.js";
import { authenticate, type Authenticated, type SignatureRules } from "./sigv4.js";

/** One request from its head to its answer. Never throws. */
export class Exchange {
  private readonly requestId = randomBytes(8).toString("hex").toUpperCase();
  private body: RequestBody | undefined;

  constructor(
    private readonly store: { context: RouteContext; rules: SignatureRules },
    private readonly message: IncomingMessage,
    private readonly response: ServerResponse,
    /** True when the client waits for "100 Continue" before it sends the body. */
    private readonly expectsContinue: boolean,
  ) {}

  async run(): Promise<void> {
    const { message, response } = this;
    const method = message.method ?? "";
    response.on("error", () => undefined);
    response.setHeader("x-amz-request-id", this.requestId);
    response.setHeader("x-amz-id-2", this.requestId);
    try {
      await sendReply(response, method, await this.answer(method));
    } catch (error) {
      await this.refuse(error).catch(() => response.destroy());
    }
  }

  private async answer(method: string): Promise<S3Reply> {
    const received = collectHeaders(this.message.rawHeaders);
    const target = parseRequestTarget(this.message.url ?? "");
    const cors = this.corsRules(target);
    const first = new Map([...received].map(([name, values]) => [name, values.join(",")]));
    if (method === "OPTIONS") return { status: 200, headers: preflightHeaders(cors, first) };
    const origin = first.get("origin");
    // Set before anything can fail: without these a browser hides the status of an error from the page.
    if (origin !== undefined)
      for (const [name, value] of Object.entries(corsHeaders(cors, { origin, method, headers: [] })))
        this.response.setHeader(name, value);
    const authenticated = this.authenticate(method, target, received);
    const headers = effectiveHeaders(received, target.parameters, authenticated.mode);
    this.body = new RequestBody({
      message: this.message,
      headers,
      authenticated,
      onStart: () => {
        if (this.expectsContinue) this.response.writeContinue();
      },
    });
    const request: S3Request = { method, target, headers, body: this.body, requestId: this.requestId };
    return route(this.store.context, request);
  }

  private authenticate(
    method: string,
    target: RequestTarget,
    received: ReadonlyMap<string, readonly string[]>,
  ): Authenticated {
    try {
      return authenticate(
        {
          method,
          path: target.path,
          parameters: target.parameters,
          headerValues: (name) => received.get(name) ?? [],
          headerNames: [...received.keys()],
        },
        this.store.rules,
      );
    } catch (error) {
      const anonymous = !received.has("authorization") && !target.parameters.some(([name]) => /signature$/i.test(name));
      if (anonymous && hasOverrides(target.parameters))
        throw new S3Error("InvalidRequest", {
          message: "Request specific response headers cannot be used for anonymous GET requests.",
        });
      throw error;
    }
  }

  private corsRules({ bucket }: RequestTarget): CorsRule[] | undefined {
    try {
      return bucket === undefined ? undefined : this.store.context.store.find(bucket).record.cors;
    } catch {
      return undefined;
    }
  }

  private async refuse(error: unknown): Promise<void> {
    const { message, response } = this;
    if (!(error instanceof S3Error) && !message.destroyed)
      process.emitWarning(error instanceof Error ? error : String(error), { detail: `embedded S3 ${this.requestId}` });
    // Half an object cannot become an error any more: cutting the connection is the only truthful end.
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const reply = errorReply(error, { resource: (message.url ?? "").split("?")[0] ?? "", requestId: this.requestId });
    if (message.complete || !announcesBody(message)) {
      await sendReply(response, message.method ?? "", reply);
      return;
    }
    // A client that waits for "100 Continue" has sent nothing that would have to be read.
    const waiting = this.expectsContinue && !(this.body?.isStarted ?? false);
    await sendAndLinger(message, response, reply, { drain: !waiting });
  }
}
