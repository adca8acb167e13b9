import { S3Error } from "./errors.js";
import { childrenOf, type XmlContent, type XmlElement } from "./xml.js";

/** One rule of a bucket's CORS configuration. */
export interface CorsRule {
  id?: string;
  allowedOrigins: string[];
  allowedMethods: string[];
  allowedHeaders: string[];
  exposeHeaders: string[];
  maxAgeSeconds?: number;
}

const METHODS = ["GET", "PUT", "HEAD", "POST", "DELETE"];
const MAX_RULES = 100;

/**
 * Reads a CORSConfiguration document.
 * @throws S3Error `MalformedXML`, `InvalidRequest`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
 */
export function parseCorsConfiguration(root: XmlElement): CorsRule[] {
  const rules = childrenOf(root, "CORSRule").map(parseRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error("MalformedXML");
  return rules;
}

function parseRule(element: XmlElement): CorsRule {
  const texts = (name: string): string[] => childrenOf(element, name).map((child) => child.text.trim());
  const rule: CorsRule = {
    id: texts("ID")[0],
    allowedOrigins: texts("AllowedOrigin"),
    allowedMethods: texts("AllowedMethod"),
    allowedHeaders: texts("AllowedHeader"),
    exposeHeaders: texts("ExposeHeader"),
  };
  if (rule.allowedOrigins.length === 0 || rule.allowedMethods.length === 0) throw new S3Error("MalformedXML");
  const refuse = (message: string): S3Error => new S3Error("InvalidRequest", { message });
  for (const method of rule.allowedMethods)
    if (!METHODS.includes(method))
      throw refuse(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
  for (const [name, values] of [
    ["AllowedOrigin", rule.allowedOrigins],
    ["AllowedHeader", rule.allowedHeaders],
  ] as const)
    for (const value of values)
      if (value.split("*").length > 2) throw refuse(`${name} "${value}" can not have more than one wildcard.`);
  for (const value of rule.exposeHeaders)
    if (value.includes("*"))
      throw refuse(`ExposeHeader "${value}" contains wildcard. We currently do not support wildcard for ExposeHeader.`);
  for (const value of [...rule.allowedOrigins, ...rule.allowedHeaders, ...rule.exposeHeaders])
    if (!/^[\x21-\x7e]+$/.test(value)) throw new S3Error("MalformedXML");
  const maxAge = texts("MaxAgeSeconds")[0];
  if (maxAge !== undefined) {
    if (!/^\d{1,9}$/.test(maxAge)) throw new S3Error("MalformedXML");
    rule.maxAgeSeconds = Number(maxAge);
  }
  return rule;
}

/** The document of `rules`, for GetBucketCors. */
export function corsDocument(rules: readonly CorsRule[]): XmlContent {
  return {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedOrigin: rule.allowedOrigins,
      AllowedMethod: rule.allowedMethods,
      AllowedHeader: rule.allowedHeaders,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  };
}

/** What a browser asks before a request. */
export interface CorsQuestion {
  origin: string;
  method: string;
  /** Lower-case names of Access-Control-Request-Headers. */
  headers: readonly string[];
}

/**
 * Response headers for a request from `origin`: the first rule that fits, or none.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
export function corsHeaders(rules: readonly CorsRule[] | undefined, question: CorsQuestion): Record<string, string> {
  const rule = findRule(rules, question);
  return rule ? headersOf(rule, question) : {};
}

/**
 * Answers a preflight.
 * @throws S3Error `BadRequest` when it is none, `AccessForbidden` when no rule fits
 */
export function preflightHeaders(
  rules: readonly CorsRule[] | undefined,
  headers: ReadonlyMap<string, string>,
): Record<string, string> {
  const origin = headers.get("origin");
  const method = headers.get("access-control-request-method");
  if (origin === undefined)
    throw new S3Error("BadRequest", { message: "Insufficient information. Origin request header needed." });
  if (method === undefined || !METHODS.includes(method))
    throw new S3Error("BadRequest", { message: `Invalid Access-Control-Request-Method: ${method ?? "null"}` });
  const asked = (headers.get("access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const question = { origin, method, headers: asked };
  const rule = findRule(rules, question);
  if (!rule)
    throw new S3Error("AccessForbidden", {
      message: rules
        ? "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
        : "CORSResponse: CORS is not enabled for this bucket.",
      details: { Method: method, ResourceType: "OBJECT" },
    });
  const answer = headersOf(rule, question);
  if (asked.length > 0) answer["access-control-allow-headers"] = asked.join(", ");
  return answer;
}

function findRule(rules: readonly CorsRule[] | undefined, question: CorsQuestion): CorsRule | undefined {
  return rules?.find(
    (rule) =>
      rule.allowedMethods.includes(question.method) &&
      rule.allowedOrigins.some((pattern) => matches(pattern, question.origin)) &&
      question.headers.every((name) => rule.allowedHeaders.some((pattern) => matches(pattern.toLowerCase(), name))),
  );
}

function headersOf(rule: CorsRule, { origin }: CorsQuestion): Record<string, string> {
  const any = rule.allowedOrigins.includes("*");
  return {
    "access-control-allow-origin": any ? "*" : origin,
    // Credentials and "*" exclude each other (https://fetch.spec.whatwg.org/#cors-protocol-and-credentials).
    ...(any ? {} : { "access-control-allow-credentials": "true" }),
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    ...(rule.exposeHeaders.length > 0 ? { "access-control-expose-headers": rule.exposeHeaders.join(", ") } : {}),
    ...(rule.maxAgeSeconds === undefined ? {} : { "access-control-max-age": String(rule.maxAgeSeconds) }),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

/** `pattern` holds at most one `*`, which stands for any run of characters. */
function matches(pattern: string, value: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === value;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return value.length >= head.length + tail.length && value.startsWith(head) && value.endsWith(tail);
}
