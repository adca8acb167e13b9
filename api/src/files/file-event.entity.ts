import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
import type { FileEventReason } from "./file-event.js";
import type { FileStatus } from "./file.js";

/** The table `file_events`: one row a transition, written by the trigger, so that none can be forgotten. */
@Entity({ name: "file_events" })
export class FileEventEntity {
  @PrimaryGeneratedColumn({ type: "bigint" })
  readonly id!: string;
  @Column({ type: "uuid", name: "file_id" })
  readonly fileId!: string;
  @Column({ type: "timestamptz", precision: 3, default: () => "clock_timestamp()" })
  readonly at!: Date;
  /** Null for the first: the row was made. */
  @Column({ type: "text", name: "from_status", nullable: true })
  readonly fromStatus!: FileStatus | null;
  @Column({ type: "text", name: "to_status" })
  readonly toStatus!: FileStatus;
  @Column({ type: "integer" })
  readonly attempt!: number;
  @Column({ type: "text", nullable: true })
  readonly reason!: FileEventReason | null;
}
