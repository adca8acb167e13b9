import type { ParseOptions, ValidationRule } from "graphql";
import { maxDepthRule } from "./query-depth.js";

/** What every document has to keep to, whichever path it comes by. */

/** The largest operation of ours has about 400 tokens. Parsing stops at this one. */
const MAX_TOKENS = 2_000;
/** Nested fields; the deepest sensible operation has 7. */
const MAX_DEPTH = 12;

export const PARSE_OPTIONS: ParseOptions = { maxTokens: MAX_TOKENS };

/** Beside those of the GraphQL specification. */
export const DOCUMENT_RULES: readonly ValidationRule[] = [maxDepthRule(MAX_DEPTH)];
