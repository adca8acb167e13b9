import { Column, Entity, PrimaryColumn } from "typeorm";
import type { FileRow, FileStatus, Integrity, PartChecksum, Rejection } from "./file.js";

/** bigint arrives as text from pg; every size here is a safe integer (CHECK in the migration). */
export const byteCount = { to: (value: number): number => value, from: (value: string): number => Number(value) };

/** Milliseconds, so that a cursor made of a JavaScript Date names exactly one instant. */
const instant = { type: "timestamptz", precision: 3 } as const;

/** The table `files`: see the first migration for its constraints and its trigger, and file.ts for what columns mean. */
@Entity({ name: "files" })
export class FileEntity implements FileRow {
  @PrimaryColumn({ type: "uuid" })
  readonly id!: string;
  @Column({ type: "text", name: "owner_id" })
  readonly ownerId!: string;
  @Column({ type: "text" })
  readonly filename!: string;
  @Column({ type: "text", name: "declared_type" })
  readonly declaredType!: string;
  @Column({ type: "bigint", name: "size_bytes", transformer: byteCount })
  readonly sizeBytes!: number;
  @Column({ type: "text", name: "declared_sha256", nullable: true })
  readonly declaredSha256!: string | null;
  @Column({ type: "text", name: "part_checksum" })
  readonly partChecksum!: PartChecksum;
  @Column({ type: "text" })
  readonly policy!: string;
  @Column({ type: "bigint", name: "part_size_bytes", transformer: byteCount })
  readonly partSizeBytes!: number;
  @Column({ type: "integer", name: "part_count" })
  readonly partCount!: number;
  @Column({ type: "text", name: "idempotency_key", nullable: true })
  readonly idempotencyKey!: string | null;
  @Column({ type: "text", name: "input_digest" })
  readonly inputDigest!: string;

  @Column({ type: "text", default: "PENDING" })
  readonly status!: FileStatus;
  @Column({ type: "integer", default: 0 })
  readonly attempt!: number;
  @Column({ ...instant, name: "lease_until", nullable: true })
  readonly leaseUntil!: Date | null;
  @Column({ type: "text", name: "upload_id", nullable: true })
  readonly uploadId!: string | null;
  @Column({ ...instant, name: "complete_sent_at", nullable: true })
  readonly completeSentAt!: Date | null;
  @Column({ ...instant, name: "refused_since", nullable: true })
  readonly refusedSince!: Date | null;
  @Column({ ...instant, name: "urls_expire_at", nullable: true })
  readonly urlsExpireAt!: Date | null;
  @Column({ ...instant, name: "promoted_at", nullable: true })
  readonly promotedAt!: Date | null;

  @Column({ type: "text", name: "content_type", nullable: true })
  readonly contentType!: string | null;
  @Column({ type: "text", nullable: true })
  readonly integrity!: Integrity | null;
  @Column({ type: "text", nullable: true })
  readonly sha256!: string | null;
  @Column({ type: "text", nullable: true })
  readonly etag!: string | null;
  @Column({ type: "jsonb", nullable: true })
  readonly rejection!: Rejection | null;

  @Column({ ...instant, name: "created_at", default: () => "now()" })
  readonly createdAt!: Date;
  @Column({ ...instant, name: "updated_at", default: () => "now()" })
  readonly updatedAt!: Date;
  @Column({ ...instant, name: "expires_at" })
  readonly expiresAt!: Date;
  @Column({ ...instant, name: "ready_at", nullable: true })
  readonly readyAt!: Date | null;
  @Column({ ...instant, name: "deleted_at", nullable: true })
  readonly deletedAt!: Date | null;
  @Column({ ...instant, name: "purge_at", nullable: true })
  readonly purgeAt!: Date | null;
  @Column({ ...instant, name: "collecting_at", nullable: true })
  readonly collectingAt!: Date | null;
  @Column({ ...instant, name: "collected_at", nullable: true })
  readonly collectedAt!: Date | null;
  /** The key may hold another open upload; read by the sweep alone. */
  @Column({ type: "boolean", name: "may_have_twins", default: false, select: false })
  readonly mayHaveTwins!: boolean;
  /** Written by the statement that moves the row, taken into its event by the trigger, and never there to be read. */
  @Column({ type: "text", name: "transition_reason", nullable: true, select: false })
  readonly transitionReason!: null;
}
