import { pino, stdSerializers } from "pino";
import type { Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** What makes a signed URL or a token worth stealing; the rest of a line stays readable. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D))[^&"'\\\s]+/gi, "$1[redacted]"],
  [/(Bearer\s+)[\w\-.~+/]+=*/gi, "$1[redacted]"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[redacted]"],
];
const MAY_HOLD_SECRET = /x-amz-|bearer|eyJ/i;

/** Takes signatures, credentials and tokens out of a text. */
export function redactSecrets(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  return SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
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
      serializers: { err: stdSerializers.err },
      redact: {
        paths: ["authorization", "headers.authorization", "*.headers.authorization", "token", "*.token"],
        censor: "[redacted]",
      },
    },
    { write: (line: string) => input.write(redactSecrets(line)) },
  );
}
