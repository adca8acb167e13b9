import "reflect-metadata";
import { createUnionType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { ProblemType, TemporaryFailureType, typeNameOf } from "../graphql/problem.graphql.js";
import { registerEnum } from "../graphql/register-enum.js";
import { DateTime } from "../graphql/scalars.js";
import type { ApiKey, ApiKeyFault as Fault } from "./api-key.js";

export type ApiKeyScopeName = "FILES_READ" | "FILES_WRITE";

export const ApiKeyScope = registerEnum<ApiKeyScopeName>(
  "ApiKeyScope",
  "What an API key may do. No key can make, list or revoke keys.",
  {
    FILES_READ: "files:read: list, read, link and stream the owner's files.",
    FILES_WRITE: "files:write: upload, rename, delete and restore them.",
  },
);

export const ApiKeyFault = registerEnum<Fault>("ApiKeyFault", "What is wrong with the key that was to be made.", {
  NAME: "The name is empty, longer than 100 characters, or holds a control character.",
  SCOPES: "There are none.",
  EXPIRY: "It is in the past.",
});

@InputType("CreateApiKeyInput", { description: "An API key that is wanted." })
export class CreateApiKeyInput {
  @Field(() => String, { description: "1 to 100 characters, for people: where the key is used." })
  readonly name!: string;
  @Field(() => [ApiKeyScope], { description: "At least one." })
  readonly scopes!: ApiKeyScopeName[];
  @Field(() => DateTime, { nullable: true, description: "Null: good until it is revoked." })
  readonly expiresAt?: Date | null;
}

@ObjectType("ApiKey", {
  simpleResolvers: true,
  description:
    "A key for servers and scripts, sent like a token: `Authorization: Bearer signet_…`. It acts as its maker.",
})
export class ApiKeyType {
  // `id` and `scopes` are computed: see api-key.resolver.ts.
  @Field(() => String, { description: "As it was given." })
  readonly name!: string;
  @Field(() => DateTime, { description: "When it was made." })
  readonly createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: "Refused from then on. Null: good until it is revoked." })
  readonly expiresAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: "To the minute; null: never." })
  readonly lastUsedAt!: Date | null;
}

@ObjectType("CreatedApiKey", { simpleResolvers: true, description: "The key was made." })
export class CreatedApiKeyType {
  @Field(() => ApiKeyType, { description: "What can be seen of it from now on." })
  readonly apiKey!: ApiKey;
  @Field(() => String, { description: "The key itself. Shown here and never again: keep it now." })
  readonly secret!: string;
}

@ObjectType("RevokedApiKey", { simpleResolvers: true, description: "The key is refused from now on." })
export class RevokedApiKeyType {
  @Field(() => ApiKeyType, { description: "What it was." })
  readonly apiKey!: ApiKey;
}

@ObjectType("ApiKeyInvalid", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "No such key can be made.",
})
export class ApiKeyInvalidType {
  @Field(() => ApiKeyFault, { description: "What to change." })
  readonly fault!: Fault;
}

@ObjectType("TooManyApiKeys", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The caller has as many keys as one may have: revoke one.",
})
export class TooManyApiKeysType {
  @Field(() => Int, { description: "Keys that are neither revoked nor expired." })
  readonly limit!: number;
}

@ObjectType("ApiKeyNotFound", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "None, or not yours: indistinguishable.",
})
export class ApiKeyNotFoundType {
  @Field(() => ID, { description: "What was asked for." })
  readonly apiKeyId!: string;
}

export const CreateApiKeyResult = createUnionType({
  name: "CreateApiKeyResult",
  description: "What createApiKey answers.",
  types: () => [CreatedApiKeyType, ApiKeyInvalidType, TooManyApiKeysType, TemporaryFailureType] as const,
  resolveType: typeNameOf,
});

export const RevokeApiKeyResult = createUnionType({
  name: "RevokeApiKeyResult",
  description: "What revokeApiKey answers.",
  types: () => [RevokedApiKeyType, ApiKeyNotFoundType, TemporaryFailureType] as const,
  resolveType: typeNameOf,
});
