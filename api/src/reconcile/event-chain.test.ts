import { expect, test } from "@jest/globals";
import { brokenChain } from "./event-chain.js";
import type { FileStatus } from "../files/file.js";

const WHOLE = ">PENDING:1 PENDING>VERIFYING:2 VERIFYING>PENDING:2 PENDING>VERIFYING:3 VERIFYING>READY:3";

test.each<[chain: string | null, status: FileStatus | null, fault: RegExp | null]>([
  [">PENDING:1", "PENDING", null],
  [WHOLE, "READY", null],
  [`${WHOLE} READY>DELETED:3 DELETED>READY:3 READY>DELETED:3`, "DELETED", null],
  [`${WHOLE} READY>DELETED:3`, null, null],
  [">PENDING:1 PENDING>EXPIRED:2", null, null],
  [null, "READY", /no event/],
  [WHOLE, null, /its row is gone, and its last event says READY/],
  [WHOLE, "DELETED", /its row is DELETED, and its last event says READY/],
  [">READY:1", "READY", /no arrow leads from no state to READY/],
  ["PENDING>VERIFYING:2", "VERIFYING", /left PENDING while in no state/],
  [">PENDING:1 >PENDING:1", "PENDING", /left no state while in PENDING/],
  [">PENDING:1 VERIFYING>READY:1", "READY", /left VERIFYING while in PENDING/],
  [">PENDING:1 PENDING>READY:1", "READY", /no arrow leads from PENDING to READY/],
  [">PENDING:2 PENDING>VERIFYING:1", "VERIFYING", /attempts went back/],
])("%s, and its row %s", (chain, status, fault) => {
  const told = brokenChain(chain, status);
  if (fault === null) expect(told).toBeNull();
  else expect(told).toMatch(fault);
});
