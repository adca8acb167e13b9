import { expect } from "@jest/globals";

/** Exactly this member, code, `retryable` and facts, and a message that says something and gives nothing away. */
export function expectedProblem(
  __typename: string,
  code: string,
  retryable: boolean,
  facts: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { __typename, code, retryable, message: expect.stringMatching(SENTENCES), ...facts };
}

/** Whole sentences, without SQL, addresses or stacks. */
const SENTENCES = /^(?!.*(?:select |update |https?:|\bat .+:\d+))[A-Z0-9].{9,}\.$/;
