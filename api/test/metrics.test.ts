import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { noise } from "./content.js";
import { confirmUpload, openUpload, upload } from "./operations.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test("what happens to uploads is counted, by codes of ours alone", async () => {
  const options = { filename: "secret-name.bin", contentType: "application/octet-stream" };
  await upload(app, "ann", noise(500, "metrics"), options);
  const ticket = await openUpload(app, "ann", noise(500, "metrics 2"), options);
  await confirmUpload(app, "ann", ticket.file.id);
  await app.call("ann", `mutation { abortUpload(fileId: "${ticket.file.id}") { __typename } }`);
  const text = await (await fetch(`${app.url}/metrics`)).text();
  for (const pattern of [
    /signet_graphql_field_duration_seconds_count\{field="createUploadUrl",outcome="OK"\} 2/,
    /signet_graphql_field_duration_seconds_count\{field="confirmUpload",outcome="OK"\} 1/,
    /signet_graphql_field_duration_seconds_count\{field="confirmUpload",outcome="PARTS_MISSING"\} 1/,
    /signet_uploads_ended_total\{verdict="READY",code=""\} 1/,
    /signet_uploads_ended_total\{verdict="ABORTED",code=""\} 1/,
    /signet_store_call_duration_seconds_count\{operation="CompleteMultipartUpload",outcome="OK"\} 1/,
    /signet_database_pool\{state="open"\} [1-9]/,
  ])
    expect(text).toMatch(pattern);
  expect(text).not.toMatch(/secret-name|\bann\b|file_0/);
});
