import type { ParseOptions, ValidationRule } from "graphql";
import { documentLimitsRule } from "./document-limits.js";

/** What every document has to keep to, whichever path it comes by. */

/** The largest operation of ours has about 400 tokens. Parsing stops at this one. */
export const MAX_TOKENS = 2_000;
/** Comments and commas are no tokens, and strings are one however long. The largest document of ours has 5,000. */
export const MAX_DOCUMENT_LENGTH = 50_000;

export const PARSE_OPTIONS: ParseOptions = { maxTokens: MAX_TOKENS };

/** Beside those of the GraphQL specification. @param maxItems items that one list can have at most */
export const documentRules = (maxItems: number): readonly ValidationRule[] => [documentLimitsRule(maxItems)];
