import { Column, Entity, PrimaryColumn } from "typeorm";
import type { StoreCapabilities } from "../storage/object-storage.js";
import type { FailedMust } from "./known-store.js";

/** The table `storage_capabilities`: what the doctor found, by endpoint and bucket. */
@Entity({ name: "storage_capabilities" })
export class StorageCapabilitiesEntity {
  @PrimaryColumn({ type: "text" })
  readonly endpoint!: string;
  @PrimaryColumn({ type: "text" })
  readonly bucket!: string;
  @Column({ type: "jsonb" })
  readonly capabilities!: StoreCapabilities;
  @Column({ type: "jsonb", name: "failed_musts" })
  readonly failedMusts!: FailedMust[];
  @Column({ type: "integer", name: "probes_version" })
  readonly probesVersion!: number;
  @Column({ type: "timestamptz", precision: 3, name: "examined_at", default: () => "now()" })
  readonly examinedAt!: Date;
}
