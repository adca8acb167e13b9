/** 128 random bits as digits; `crypto.randomUUID` is missing on pages that are not served over https. */
export function randomKey(): string {
  return crypto.getRandomValues(new BigUint64Array(2)).join("-");
}
