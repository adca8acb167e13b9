import { S3Error } from "./errors.js";
import { childrenOf, textOf, type XmlElement } from "./xml.js";

/** The one kind of lifecycle rule that this store carries out. */
export interface StaleUploadRule {
  prefix: string;
  daysAfterInitiation: number;
}

/**
 * Checks a LifecycleConfiguration document and returns its rules about stale multipart uploads. Other actions are kept and answered, but never carried out.
 * @throws S3Error `MalformedXML`, `InvalidArgument`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
 */
export function parseLifecycle(root: XmlElement): StaleUploadRule[] {
  const rules = childrenOf(root, "Rule");
  if (rules.length === 0 || rules.length > 1000) throw new S3Error("MalformedXML");
  return rules.flatMap((rule) => {
    const status = textOf(rule, "Status");
    if (status !== "Enabled" && status !== "Disabled") throw new S3Error("MalformedXML");
    const action = childrenOf(rule, "AbortIncompleteMultipartUpload")[0];
    if (!action) return [];
    const days = textOf(action, "DaysAfterInitiation") ?? "";
    if (!/^\d{1,6}$/.test(days)) throw new S3Error("MalformedXML");
    if (Number(days) < 1)
      throw new S3Error("InvalidArgument", {
        message: "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
      });
    const filter = childrenOf(rule, "Filter")[0];
    const prefix = textOf(rule, "Prefix") ?? (filter && textOf(filter, "Prefix")) ?? "";
    return status === "Enabled" ? [{ prefix, daysAfterInitiation: Number(days) }] : [];
  });
}
