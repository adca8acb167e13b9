import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import type { ApiKey, ApiKeyRecords, ApiKeyScope } from "./api-key.js";

interface ApiKeySqlRow {
  readonly id: string;
  readonly owner_id: string;
  readonly name: string;
  readonly scopes: ApiKeyScope[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

const COLUMNS = "id, owner_id, name, scopes, created_at, expires_at, last_used_at";
const LIVE = "revoked_at is null and (expires_at is null or expires_at > now())";
const IS_USE_TO_NOTE = "coalesce(last_used_at < now() - interval '1 minute', true)";

const toApiKey = (row: ApiKeySqlRow): ApiKey => ({
  id: row.id,
  ownerId: row.owner_id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
});

/** What a key is verified by. */
export interface ApiKeySecret {
  readonly ownerId: string;
  readonly scopes: readonly ApiKeyScope[];
  /** Hex. */
  readonly secretSha256: string;
  /** True: its last use was noted more than a minute ago, or never. */
  readonly isUseToNote: boolean;
}

/** What verifies keys: another reader than the use cases, and no part of theirs. */
export interface ApiKeySecrets {
  /** Null: unknown, revoked or expired. */
  find(id: string): Promise<ApiKeySecret | null>;
  noteUse(id: string): Promise<void>;
}

/** Every live one, since those come first: api-key.ts bounds them to fewer. */
const MAX_LISTED_KEYS = 200;
/** By one sweep; the next one goes on. */
const MAX_PRUNED = 10_000;

/** All SQL about `api_keys`. */
export function createApiKeyStore(db: DataSource): ApiKeyRecords & ApiKeySecrets {
  return {
    async insert({ id, ownerId, name, scopes, expiresAt, secretSha256 }, { maxKeys }) {
      // Calls of one owner at the same moment may pass the limit by their number: it bounds a loop, and guards nothing.
      const row = await firstRow<ApiKeySqlRow>(
        db,
        `insert into api_keys (id, owner_id, name, scopes, expires_at, secret_sha256)
         select $1, $2, $3, $4, $5, $6
         where (select count(*) from api_keys where owner_id = $2 and ${LIVE}) < $7
           and (select count(*) from api_keys where owner_id = $2) < 10 * $7
         returning ${COLUMNS}`,
        [id, ownerId, name, scopes, expiresAt, secretSha256, maxKeys],
      );
      return row === null ? null : toApiKey(row);
    },
    async list(ownerId) {
      const rows = await rowsOf<ApiKeySqlRow>(
        db,
        `select ${COLUMNS} from api_keys where owner_id = $1 and revoked_at is null
         order by ${LIVE} desc, created_at desc, id limit $2`,
        [ownerId, MAX_LISTED_KEYS],
      );
      return rows.map(toApiKey);
    },
    async revoke(ownerId, id) {
      const row = await firstRow<ApiKeySqlRow>(
        db,
        `update api_keys set revoked_at = coalesce(revoked_at, now()) where owner_id = $1 and id = $2 returning ${COLUMNS}`,
        [ownerId, id],
      );
      return row === null ? null : toApiKey(row);
    },
    async prune(olderThanDays) {
      const rows = await rowsOf(
        db,
        `delete from api_keys where id in (
           select id from api_keys where least(revoked_at, expires_at) < now() - make_interval(days => $1) limit $2)
         returning id`,
        [olderThanDays, MAX_PRUNED],
      );
      return rows.length;
    },
    async find(id) {
      const row = await firstRow<{
        owner_id: string;
        scopes: ApiKeyScope[];
        secret_sha256: string;
        is_use_to_note: boolean;
      }>(
        db,
        `select owner_id, scopes, secret_sha256, ${IS_USE_TO_NOTE} as is_use_to_note
         from api_keys where id = $1 and ${LIVE}`,
        [id],
      );
      if (row === null) return null;
      const { owner_id: ownerId, scopes, secret_sha256: secretSha256, is_use_to_note: isUseToNote } = row;
      return { ownerId, scopes, secretSha256, isUseToNote };
    },
    async noteUse(id) {
      // Said again here: of the calls that found it to note at the same moment, one writes.
      await rowsOf(db, `update api_keys set last_used_at = now() where id = $1 and ${IS_USE_TO_NOTE}`, [id]);
    },
  };
}
