import { createHash } from "node:crypto";
import type { Viewer } from "../auth/viewer.js";

/** The viewer's opaque id: it tells nobody the issuer or the subject. PURE, always the same for one owner. */
export function viewerId(viewer: Viewer): string {
  return `viewer_${createHash("sha256").update(viewer.ownerId).digest("base64url").slice(0, 22)}`;
}
