import type { History } from "./history.js";

/**
 * Faults of the network and of the database's life, as drivers word them, and what they lead to. An error that carries one
 * of these names what we did to the process; any other error in a log is a bug.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html (classes 57 and 08)
 */
const OUTAGE = new RegExp(
  [
    "ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|socket hang up",
    "Connection terminated|Connection ended|connection timeout|timeout exceeded when trying to connect|Query read timeout",
    "terminating connection|the database system is|canceling statement due to statement timeout",
    "Client has encountered a connection error|Client was closed|no runner at the moment",
    "\\b57(P0[123]|014)\\b|\\b08[0-9A-Z]{3}\\b",
    "The database does not answer|The store does not answer|The service is busy",
    // Of a runner of jobs that has given up and is being replaced.
    "Cannot use a pool after calling end on the pool",
  ].join("|"),
  "i",
);

/** How the library that runs jobs tells the console, and not our log, that a worker of its has lost its connection. */
const LIBRARY_NOTICE = /^(Trace: |Retried \d+ times, and still failed|.*: attempt \d+\/\d+ failed)/;

interface LogLine {
  readonly level: string;
  readonly msg: string;
}

/** Counts a process's lines by what they say; an error that no outage explains is unexplained. */
export function inspectLog(process: string, log: string, history: History): void {
  let notice: string[] = [];
  const endNotice = (): void => {
    const [first = "", ...frames] = notice;
    notice = [];
    if (first === "") return;
    const text = [first, ...frames].join("\n");
    if (LIBRARY_NOTICE.test(first) && OUTAGE.test(text)) history.count("log: notices of the job library");
    else history.unexplained(-1, `${process} wrote: ${text}`);
  };
  // A process that was killed may have been writing: the last piece is no line.
  for (const text of log.split("\n").slice(0, -1)) {
    const line = parse(text);
    if (line === null) {
      if (LIBRARY_NOTICE.test(text)) endNotice();
      notice.push(text);
      continue;
    }
    endNotice();
    history.count(`log ${line.level}: ${line.msg.replaceAll(/'\d+'|\b\d+\b/g, "N").split("\n", 1)[0]}`);
    const grave = line.level === "error" || line.level === "fatal";
    if (grave && !OUTAGE.test(text)) history.unexplained(-1, `${process} logged ${text}`);
  }
  endNotice();
}

function parse(text: string): LogLine | null {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}
