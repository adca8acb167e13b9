import assert from "node:assert/strict";
import { DOC, type Check } from "./check.js";
import { exists, expectBytes, putFresh } from "./objects.js";
import { body, expectRefused, presignedPut } from "./presigned-put.js";
import { expectError, expectStatus } from "./subject.js";

const MINUTE_MS = 60_000;
/** A check that spoils the query of a presigned PUT. */
function spoiledQuery(
  id: string,
  title: string,
  spoil: (target: string) => string,
  ...expected: [number, ...string[]]
): Check {
  return {
    id: `presign.${id}`,
    title,
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject);
      const target = spoil(presigned.target);
      assert.notEqual(target, presigned.target, "the check spoilt nothing");
      const [status, ...codes] = expected;
      expectError(await subject.send({ ...presigned, target, body }), status, ...codes);
      assert.equal(await exists(subject, key), false, "the refused object was stored");
    },
  };
}

/** Presigned URLs: life, scope and query. */
export const presignChecks: Check[] = [
  {
    id: "presign.put",
    title: "a presigned PUT stores, again and again while it is valid",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject);
      expectStatus(await subject.send({ ...presigned, body }), 200);
      expectStatus(await subject.send({ ...presigned, body: Buffer.from("second") }), 200);
      await expectBytes(subject, key, Buffer.from("second"));
    },
  },
  {
    id: "presign.get",
    title: "a presigned GET reads, and needs no other header than Host",
    source: DOC.presigned,
    async run(subject) {
      const key = await putFresh(subject, body);
      const presigned = await subject.presign({ method: "GET", path: subject.path(key) });
      const answer = await subject.send(presigned);
      expectStatus(answer, 200);
      assert.ok(answer.body.equals(body));
    },
  },
  {
    id: "presign.expired",
    title: "an expired URL is 403 AccessDenied, and nothing is stored",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(
        subject,
        {},
        { atMs: Date.now() - 2 * MINUTE_MS, expiresSeconds: 60 },
      );
      expectError(await subject.send({ ...presigned, body }), 403, "AccessDenied");
      assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "presign.expires-while-waiting",
    title: "a URL of one second works at once and not after two",
    source: DOC.presigned,
    async run(subject) {
      const key = await putFresh(subject, body);
      const presigned = await subject.presign({ method: "GET", path: subject.path(key) }, { expiresSeconds: 1 });
      expectStatus(await subject.send(presigned), 200);
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      expectError(await subject.send(presigned), 403, "AccessDenied");
    },
  },
  {
    id: "presign.long-ago-still-valid",
    title: "a URL signed an hour ago for two hours is accepted: the 15 minutes of skew do not apply",
    source: DOC.presigned,
    async run(subject) {
      const { presigned } = await presignedPut(
        subject,
        {},
        { atMs: Date.now() - 60 * MINUTE_MS, expiresSeconds: 7200 },
      );
      expectStatus(await subject.send({ ...presigned, body }), 200);
    },
  },
  {
    id: "presign.not-yet-valid",
    title: "a URL dated half an hour ahead is 403",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, {}, { atMs: Date.now() + 30 * MINUTE_MS });
      await expectRefused(subject, key, subject.send({ ...presigned, body }));
    },
  },
  {
    id: "presign.a-week",
    title: "604800 seconds are accepted",
    source: DOC.presigned,
    async run(subject) {
      const { presigned } = await presignedPut(subject, {}, { expiresSeconds: 604_800 });
      expectStatus(await subject.send({ ...presigned, body }), 200);
    },
  },
  spoiledQuery(
    "expires-raised",
    "raising X-Amz-Expires after signing is 403 SignatureDoesNotMatch",
    (target) => target.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"),
    403,
    "SignatureDoesNotMatch",
  ),
  spoiledQuery(
    "more-than-a-week",
    "X-Amz-Expires above 604800 is 400 AuthorizationQueryParametersError",
    (target) => target.replace("X-Amz-Expires=300", "X-Amz-Expires=604801"),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "negative-expiry",
    "a negative X-Amz-Expires is 400 AuthorizationQueryParametersError",
    (target) => target.replace("X-Amz-Expires=300", "X-Amz-Expires=-1"),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "expiry-no-number",
    "an X-Amz-Expires that is no number is 400 AuthorizationQueryParametersError",
    (target) => target.replace("X-Amz-Expires=300", "X-Amz-Expires=soon"),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "no-expiry",
    "a query without X-Amz-Expires is 400 AuthorizationQueryParametersError",
    (target) => target.replace("&X-Amz-Expires=300", ""),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "no-signature",
    "a query without X-Amz-Signature is refused",
    (target) => target.replace(/&X-Amz-Signature=[0-9a-f]+/, ""),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "other-algorithm",
    "another X-Amz-Algorithm is 400 AuthorizationQueryParametersError",
    (target) => target.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "wrong-region",
    "a credential of another region is 400 AuthorizationQueryParametersError",
    (target) => target.replace(/(X-Amz-Credential=[^&]*%2F)[a-z]+-[a-z]+-\d(%2Fs3)/, "$1eu-south-9$2"),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "date-not-the-scope",
    "an X-Amz-Date of another day than the credential's is 400 AuthorizationQueryParametersError",
    (target) => target.replace(/(X-Amz-Credential=[^&]*%2F)\d{8}/, "$120200101"),
    400,
    "AuthorizationQueryParametersError",
  ),
  spoiledQuery(
    "unknown-key",
    "an unknown access key is 403 InvalidAccessKeyId",
    (target) => target.replace(/X-Amz-Credential=[^%]*/, "X-Amz-Credential=NOSUCHACCESSKEY00000"),
    403,
    "InvalidAccessKeyId",
  ),
  spoiledQuery(
    "parameter-added",
    "a query parameter added after signing is 403 SignatureDoesNotMatch",
    (target) => `${target}&x-id=Other`,
    403,
    "SignatureDoesNotMatch",
  ),
  spoiledQuery(
    "signature-cut",
    "a signature cut short is 403 SignatureDoesNotMatch",
    (target) => target.replace(/(X-Amz-Signature=[0-9a-f]{40})[0-9a-f]*/, "$1"),
    403,
    "SignatureDoesNotMatch",
  ),
  {
    id: "presign.other-key",
    title: "a URL for one key is 403 for any other",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject);
      await expectRefused(
        subject,
        `${key}x`,
        subject.send({ ...presigned, target: presigned.target.replace("?", "x?"), body }),
      );
    },
  },
  ...(
    [
      ["PUT", "GET"],
      ["GET", "PUT"],
      ["GET", "DELETE"],
      ["GET", "HEAD"],
    ] as const
  ).map(([signed, sent]): Check => ({
    id: `presign.${signed.toLowerCase()}-used-for-${sent.toLowerCase()}`,
    title: `a URL presigned for ${signed} is 403 for ${sent}`,
    source: DOC.presigned,
    async run(subject) {
      const key = await putFresh(subject, body);
      const presigned = await subject.presign({ method: signed, path: subject.path(key) });
      const answer = await subject.send({
        ...presigned,
        method: sent,
        body: sent === "PUT" ? Buffer.from("x") : undefined,
      });
      expectStatus(answer, 403);
      await expectBytes(subject, key, body);
    },
  })),
];
