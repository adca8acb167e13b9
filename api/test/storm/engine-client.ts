import type { ApiFile, Problem, SignedPart, UploadTicket } from "../operations.js";
import { DOCUMENTS } from "../operations.js";
import { contentOf } from "./bytes.js";
import type { CallFault } from "./calls.js";
import { engineErrorOf } from "./engine.js";
import type { EngineAnswer, EngineApi, EnginePut, EngineTicket, UploadEngine } from "./engine.js";
import { afterwards, noteReady, storyOf } from "./client.js";
import type { ClientDeps } from "./client.js";
import type { UploadPlan } from "./schedule.js";
import type { FileStory } from "./story.js";

const MAX_GENERATIONS = 12;
const STALL_MS = 8_000;
const CLOCK_TOLERANCE_MS = 1_000;

const STANDING = `query ($id: ID!) { file(id: $id) { status upload {
  file { id size } transfer method uploadUrl headers { name value } urlExpiresAt partSize partCount partChecksum confirmBy
  receivedParts storedParts { number sha256 } } } }`;

type Standing = { file: { status: string; upload: (UploadTicket & object) | null } | null };

/** The same upload by the package @signet/upload: its retries, its resuming, its idea of when to give up. */
export async function uploadByEngine(deps: ClientDeps, engine: UploadEngine, plan: UploadPlan): Promise<void> {
  const { history, stories } = deps;
  const bytes = Buffer.concat([...contentOf(plan).chunks()]);
  const inner = engine.createNodePut();
  let story: FileStory | undefined;
  let resumeFileId: string | undefined;
  for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
    try {
      const file = await engine.uploadFile<ApiFile>(engine.bytesSource(bytes, plan.filename, plan.contentType), {
        api: engineApi(deps, plan),
        put: notedPut(deps, plan, inner, () => story),
        hash: engine.nodeHash,
        idempotencyKey: `${plan.contentSeed}:engine:${generation}`,
        resumeFileId,
        onFileId: (fileId) => void (story = stories.find(fileId)),
        stallMs: STALL_MS,
      });
      history.count("uploads by the engine");
      noteReady(deps, story!, file);
      return await afterwards(deps, story!);
    } catch (error) {
      const failure = engineErrorOf(error);
      if (failure === null) throw error;
      const code = failure.problem?.code ?? failure.code;
      history.note({ upload: plan.index, what: "engine", via: "engine", answer: String(error), tookMs: 0 });
      if (code === "CONTENT_MISMATCH" && plan.wrongType) {
        story!.told = "REJECTED";
        return;
      }
      // Its patience of a minute is used up; its owner presses "retry".
      if (failure.retryable) {
        history.count("uploads by the engine resumed");
        resumeFileId = story?.fileId;
        continue;
      }
      const over = story !== undefined && Date.now() + CLOCK_TOLERANCE_MS >= story.confirmByMs;
      if (failure.code === "GONE" && over) story!.told = "EXPIRED";
      // A create that was not answered has begun an upload whose time was over when it was asked for again.
      else if (code !== "IDEMPOTENCY_CONFLICT") {
        history.unexplained(plan.index, `the engine gave up: ${String(error)} ${JSON.stringify(failure.problem)}`);
        return;
      }
    }
    history.count("uploads begun anew");
    story = undefined;
    resumeFileId = undefined;
  }
  history.unexplained(plan.index, `the engine did not upload it in ${MAX_GENERATIONS} tries`);
}

function engineApi(deps: ClientDeps, plan: UploadPlan): EngineApi<ApiFile> {
  const { calls } = deps;
  const ask = async <Success extends { readonly __typename: string }>(
    operation: "createUploadUrl" | "signUploadParts" | "confirmUpload" | "abortUpload",
    variables: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<EngineAnswer<Success>> => {
    const data = await calls.once<Record<string, Success | Problem>>(
      plan,
      operation,
      DOCUMENTS[operation],
      variables,
      signal,
    );
    const answer = data[operation]!;
    return "code" in answer ? { ok: false, problem: answer } : { ok: true, value: answer };
  };
  const noted = (ticket: UploadTicket): EngineTicket & object => {
    storyOf(deps, plan, ticket);
    return { ...ticket, fileId: ticket.file.id, sizeBytes: ticket.file.size };
  };
  return {
    async create({ sizeBytes: size, ...input }) {
      const answer = await ask<UploadTicket>("createUploadUrl", { input: { ...input, size } });
      return answer.ok ? { ok: true, value: noted(answer.value) } : answer;
    },
    async resume(id, _options, signal) {
      const { file } = await calls.once<Standing>(plan, "file", STANDING, { id }, signal);
      if (file === null || file.status === "EXPIRED" || file.status === "DELETED") return { state: "GONE" };
      if (file.status !== "PENDING") return { state: "CLOSED" };
      // The two were read one after the other; the next answer agrees with itself.
      if (file.upload === null) throw new Error("read in between");
      return { state: "OPEN", ticket: noted(file.upload) };
    },
    batchSize: () => Promise.resolve(10),
    async signParts(fileId, parts, signal) {
      const answer = await ask<{ __typename: "SignedParts"; parts: SignedPart[] }>(
        "signUploadParts",
        { fileId, parts },
        signal,
      );
      return answer.ok ? { ok: true, value: answer.value.parts } : answer;
    },
    async confirm(fileId, signal) {
      const answer = await ask<{ __typename: "ConfirmedUpload"; file: ApiFile }>("confirmUpload", { fileId }, signal);
      return answer.ok ? { ok: true, value: answer.value.file } : answer;
    },
    abort: (fileId) => ask("abortUpload", { fileId }),
  };
}

/** Writes down which parts were sent, and what the store said. */
function notedPut(
  { history }: ClientDeps,
  plan: UploadPlan,
  inner: EnginePut,
  storyNow: () => FileStory | undefined,
): EnginePut {
  return async (request) => {
    const number = Number(new URL(request.url).searchParams.get("partNumber"));
    const story = storyNow();
    story?.sent.add(number);
    const startedMs = performance.now();
    const told = (answer: string): void => {
      history.count(`answer PUT: ${answer}`);
      const via = new URL(request.url).host;
      history.note({
        upload: plan.index,
        what: `PUT part ${number}`,
        via,
        answer,
        tookMs: performance.now() - startedMs,
      });
    };
    try {
      const answer = await inner(request);
      told(`HTTP ${answer.status}`);
      if (answer.status === 200) {
        story?.stored.add(number);
        history.count("bytes stored", request.sizeBytes);
      }
      return answer;
    } catch (error) {
      told(`broken connection (${(error as CallFault).message})`);
      throw error;
    }
  };
}
