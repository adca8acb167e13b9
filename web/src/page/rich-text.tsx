import type { ReactNode } from "react";
import type { Words } from "./messages.js";

/** A sentence with its emphasis. File names keep their own direction, so that none can turn the sentence around. */
export function RichText({ words }: { readonly words: Words }): ReactNode {
  return words.map((word, index) =>
    // A sentence never changes its order.
    typeof word === "string" ? (
      word
    ) : (
      <bdi key={index} className="strong">
        {word.strong}
      </bdi>
    ),
  );
}
