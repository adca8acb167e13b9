import { Column, Entity, PrimaryColumn } from "typeorm";

const byteCount = { to: (value: number): number => value, from: (value: string): number => Number(value) };

/**
 * The table `owner_usage`: what an owner holds, kept to the byte by the statements of files/file.store.ts.
 * No CHECK against the quota itself: quotas get lowered.
 */
@Entity({ name: "owner_usage" })
export class OwnerUsageEntity {
  @PrimaryColumn({ type: "text", name: "owner_id" })
  readonly ownerId!: string;
  /** READY and DELETED that is not collected. */
  @Column({ type: "bigint", name: "used_bytes", default: 0, transformer: byteCount })
  readonly usedBytes!: number;
  /** PENDING and VERIFYING. */
  @Column({ type: "bigint", name: "reserved_bytes", default: 0, transformer: byteCount })
  readonly reservedBytes!: number;
  /** REJECTED and EXPIRED that are not collected: not in the quota, but create is refused while they exceed it. */
  @Column({ type: "bigint", name: "uncollected_bytes", default: 0, transformer: byteCount })
  readonly uncollectedBytes!: number;
  /** PENDING and VERIFYING, and REJECTED and EXPIRED until collected. */
  @Column({ type: "integer", name: "open_uploads", default: 0 })
  readonly openUploads!: number;
}
