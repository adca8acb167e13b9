import "reflect-metadata";
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { answerItem } from "../graphql/answer-item.js";
import type { Context } from "../graphql/context.js";
import { requireViewer } from "../graphql/require-viewer.js";
import { NeedsScope } from "../graphql/scope-gate.js";
import {
  ApiKeyScope,
  ApiKeyType,
  CreateApiKeyInput,
  CreateApiKeyResult,
  RevokeApiKeyResult,
} from "./api-key.graphql.js";
import type { ApiKeyScopeName } from "./api-key.graphql.js";
import { toApiKeyId } from "./api-key.js";
import type { ApiKey, ApiKeyDeps, ApiKeyScope as Scope } from "./api-key.js";
import { createApiKey } from "./create-api-key.js";
import { listApiKeys } from "./list-api-keys.js";
import { revokeApiKey } from "./revoke-api-key.js";

const SCOPE_OF: Readonly<Record<ApiKeyScopeName, Scope>> = { FILES_READ: "files:read", FILES_WRITE: "files:write" };
const NAME_OF: Readonly<Record<Scope, ApiKeyScopeName>> = { "files:read": "FILES_READ", "files:write": "FILES_WRITE" };

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  constructor(private readonly deps: ApiKeyDeps) {}

  @NeedsScope("files:admin")
  @Query(() => [ApiKeyType], {
    description: "The caller's API keys that were not revoked, newest first; at most 100 live ones.",
  })
  apiKeys(@Ctx() context: Context): Promise<ApiKey[]> {
    return listApiKeys(this.deps, requireViewer(context));
  }

  @NeedsScope("files:admin")
  @Mutation(() => CreateApiKeyResult, {
    description: "Makes an API key for a server or a script. Its secret is in this answer and nowhere else.",
  })
  createApiKey(
    @Ctx() context: Context,
    @Arg("input", () => CreateApiKeyInput, { description: "What it is for, and what it may do." })
    { name, scopes, expiresAt = null }: CreateApiKeyInput,
  ) {
    const viewer = requireViewer(context);
    const input = { name, scopes: scopes.map((scope) => SCOPE_OF[scope]), expiresAt };
    return answerItem(context, () => createApiKey(this.deps, viewer, input));
  }

  @NeedsScope("files:admin")
  @Mutation(() => RevokeApiKeyResult, { description: "Ends an API key at once, for good. Repeatable." })
  revokeApiKey(@Ctx() context: Context, @Arg("id", () => ID, { description: "key_…, from apiKeys." }) id: string) {
    const viewer = requireViewer(context);
    return answerItem(context, () => revokeApiKey(this.deps, viewer, id));
  }

  @FieldResolver(() => ID, { description: "key_ and 24 letters. It is no secret." })
  id(@Root() { id }: ApiKey): string {
    return toApiKeyId(id);
  }

  @FieldResolver(() => [ApiKeyScope], { description: "What it may do." })
  scopes(@Root() { scopes }: ApiKey): ApiKeyScopeName[] {
    return scopes.map((scope) => NAME_OF[scope]);
  }
}
