import { AppError } from "../errors.js";

/**
 * Why a statement has no answer although nothing is wrong with it:
 * - `AWAY` the database does not accept, has broken off, starts, stops, or may only be read (a standby);
 * - `SLOW` it did not answer in time: whether the statement was carried out is not known;
 * - `BUSY` every connection of this process is in use, and too many wait for one already.
 */
export type DatabaseFault = "AWAY" | "SLOW" | "BUSY";

const MESSAGES: Readonly<Record<DatabaseFault, string>> = {
  AWAY: "The database does not answer. Try again.",
  SLOW: "The database did not answer in time. Try again.",
  BUSY: "The service is busy. Try again.",
};

/** The error that callers of the database meet in a fault's place: nothing of SQL or hosts is in it. */
export function unavailable(fault: DatabaseFault): AppError {
  return new AppError("SERVICE_UNAVAILABLE", MESSAGES[fault]);
}

/** True for what {@link unavailable} makes, and for every other "not now, but perhaps later" of this service. */
function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
}

/**
 * SQLSTATEs by which a server says that it cannot serve now: connection exceptions, insufficient resources (too many
 * connections among them), shutting down, starting up, read only, and a transaction that was idle too long.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const AWAY_STATE = /^(08|53|57P0|25006$|25P03$)/;
/** query_canceled: by statement_timeout, or by an operator. */
const CANCELED_STATE = "57014";
const BROKEN_SOCKET = /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/;
/** node-postgres has no codes for these. */
const PG_SLOW = "Query read timeout";
const PG_BUSY = "timeout exceeded when trying to connect";
const PG_AWAY = /^(Connection terminated|Client has encountered a connection error|Client was closed)/;

/** The fault behind an error of a statement; null when the statement itself is at fault. PURE. */
export function faultOfStatement(error: unknown): DatabaseFault | null {
  const { code, message } = factsOf(error);
  if (code === CANCELED_STATE || message === PG_SLOW) return "SLOW";
  return AWAY_STATE.test(code) || BROKEN_SOCKET.test(code) || PG_AWAY.test(message) ? "AWAY" : null;
}

/** The same for errors that have come through other hands, which may have wrapped them: a task's, the job queue's. PURE. */
export function faultBehind(error: unknown): DatabaseFault | null {
  if (isUnavailable(error)) return "AWAY";
  const fault = faultOfStatement(error);
  return fault === null && error instanceof Error && error.cause !== undefined ? faultBehind(error.cause) : fault;
}

/** The fault behind an error of taking a connection from the pool: whatever it says, there is none. PURE. */
export function faultOfConnect(error: unknown): DatabaseFault {
  return factsOf(error).message === PG_BUSY ? "BUSY" : "AWAY";
}

/** True when the connection is of no further use: a late answer would be taken for the next statement's. PURE. */
export function losesConnection(error: unknown): boolean {
  return faultOfStatement(error) !== null && factsOf(error).code !== CANCELED_STATE;
}

/** Whatever was thrown; neither socket errors nor the driver's are of a class of their own. */
function factsOf(error: unknown): { code: string; message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return { code: String(code), message: String(message) };
}
