import type { ReactNode } from "react";

/** A sentence of messages.ts with its file names, which stand between U+2068 and U+2069, set apart. */
export function RichText({ words }: { readonly words: string }): ReactNode {
  return words.split(/[\u2068\u2069]/).map((word, index) =>
    index % 2 ? (
      // A sentence never changes its order.
      <bdi key={index} className="strong">
        {word}
      </bdi>
    ) : (
      word
    ),
  );
}
