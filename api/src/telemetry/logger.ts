import { pino } from "pino";
import type { Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** What makes a signed URL, a token, a key or a database's address worth stealing; the rest of a line stays readable. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D))[^&"'\\\s]+/gi, "$1[redacted]"],
  [/\b((?:Signature|Credential)=)[\w/%.+-]+/g, "$1[redacted]"],
  [/(Bearer(?:\s|%20|\+)+)[\w\-.~+/]+=*/gi, "$1[redacted]"],
  [/eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)*/g, "[redacted]"],
  // Of an API key the id is left: it says whose it is, and opens nothing.
  [/(signet_[A-Za-z0-9-]+_)[\w-]+/g, "$1[redacted]"],
  [/\b(postgres(?:ql)?:\/\/[^:/@\s"]*:)[^@\s"]+@/g, "$1[redacted]@"],
];
const MAY_HOLD_SECRET = /x-amz-|signature=|credential=|bearer|eyJ|signet_|postgres/i;

/** Takes signatures, credentials, tokens, keys and passwords out of a text. */
export function redactSecrets(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  return SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** Facts of errors that are worth a line: none of them holds what a caller has sent. */
const ERROR_FACTS = [
  "code",
  "kind",
  "s3Code",
  "operation",
  "status",
  "statusCode",
  "severity",
  "table",
  "constraint",
  "routine",
];
const MAX_CAUSES = 4;

/**
 * An error as a line holds it: type, message, stack, causes and a few facts. Not what else stands on it: TypeORM puts the
 * statement and its parameters there, Node a whole URL, the SDK a response; and with them what somebody has sent.
 */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? { message: error } : { type: typeof error };
  const { name, message, stack, cause } = error;
  const all = error as unknown as Readonly<Record<string, unknown>>;
  const facts = ERROR_FACTS.flatMap((fact): [string, unknown][] => {
    const value = all[fact];
    return typeof value === "string" || typeof value === "number" ? [[fact, value]] : [];
  });
  const several = error instanceof AggregateError && depth < MAX_CAUSES ? error.errors.slice(0, MAX_CAUSES) : [];
  return {
    ...{ type: name, message, stack },
    ...Object.fromEntries(facts),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: errorFields(cause, depth + 1) }),
    ...(several.length === 0 ? {} : { errors: several.map((each: unknown) => errorFields(each, depth + 1)) }),
  };
}

/**
 * JSON lines (https://getpino.io). Every finished line is searched for secrets, since they also hide in messages and
 * stacks of errors that are not ours. Nobody logs the body of a request.
 * @param input.write gets each line with its newline
 */
export function createLogger(input: { level: LogLevel; write: (line: string) => void }): Logger {
  return pino(
    {
      level: input.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => errorFields(error) },
      redact: {
        paths: ["authorization", "headers.authorization", "*.headers.authorization", "token", "*.token"],
        censor: "[redacted]",
      },
    },
    { write: (line: string) => input.write(redactSecrets(line)) },
  );
}
