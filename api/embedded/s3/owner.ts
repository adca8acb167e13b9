/** The one owner of everything: S3's documents name one, and this store has a single account. */
export const OWNER = {
  ID: "5f1d9b2e3a7c4d6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7",
  DisplayName: "embedded",
} as const;
