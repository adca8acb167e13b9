import { Column, Entity, PrimaryColumn } from "typeorm";
import type { ApiKeyScope } from "./api-key.js";

/** The table `api_keys`. What a key is verified by is a hash: whoever reads the table can use none. */
@Entity({ name: "api_keys" })
export class ApiKeyEntity {
  /** 24 hex digits. */
  @PrimaryColumn({ type: "text" })
  readonly id!: string;
  @Column({ type: "text", name: "owner_id" })
  readonly ownerId!: string;
  @Column({ type: "text" })
  readonly name!: string;
  @Column({ type: "text", array: true })
  readonly scopes!: ApiKeyScope[];
  /** Hex, of the secret's text. */
  @Column({ type: "text", name: "secret_sha256" })
  readonly secretSha256!: string;
  @Column({ type: "timestamptz", precision: 3, name: "created_at", default: () => "now()" })
  readonly createdAt!: Date;
  @Column({ type: "timestamptz", precision: 3, name: "expires_at", nullable: true })
  readonly expiresAt!: Date | null;
  @Column({ type: "timestamptz", precision: 3, name: "last_used_at", nullable: true })
  readonly lastUsedAt!: Date | null;
  @Column({ type: "timestamptz", precision: 3, name: "revoked_at", nullable: true })
  readonly revokedAt!: Date | null;
}
