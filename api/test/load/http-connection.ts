import { connect } from "node:net";
import type { Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** Header lines as they came, lower case names not guaranteed. */
  readonly head: string;
  readonly body: string;
}

/** One keep-alive connection that carries one request at a time: bytes out, one answer in, and little work for both. */
export interface HttpConnection {
  /** @param request the whole request, head and body @throws Error when the connection breaks before the answer */
  send(request: Buffer): Promise<RawAnswer>;
  /** False once it has broken or the server has said that it closes. */
  readonly usable: boolean;
  /** Resolves once it is there, or has failed. */
  readonly opened: Promise<void>;
  close(): void;
}

const HEAD_END = "\r\n\r\n";

/** @param origin http://host:port */
export function openConnection(origin: string): HttpConnection {
  const { hostname, port } = new URL(origin);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let usable = true;
  let received = "";
  let waiting: { resolve(answer: RawAnswer): void; reject(error: Error): void } | null = null;

  const fail = (error: Error): void => {
    usable = false;
    waiting?.reject(error);
    waiting = null;
  };
  socket.setEncoding("latin1");
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the connection was closed before the answer")));
  socket.on("data", (text: string) => {
    received += text;
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = received.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const end = headEnd + HEAD_END.length + length;
    if (received.length < end) return;
    const body = received.slice(headEnd + HEAD_END.length, end);
    received = received.slice(end);
    if (/\r\nconnection: *close/i.test(head)) usable = false;
    const answered = waiting;
    waiting = null;
    answered?.resolve({ status: Number(head.slice(9, 12)), head, body });
  });

  return {
    opened: new Promise((resolve) => socket.once("connect", resolve).once("close", () => resolve())),
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (!usable) return fail(new Error("the connection is closed"));
        socket.write(request);
      }),
    get usable() {
      return usable;
    },
    close() {
      usable = false;
      socket.destroy();
    },
  };
}
