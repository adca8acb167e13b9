import type { ReactNode } from "react";

/** Figures side by side; they wrap where there is no room. */
export function Facts({ facts }: { readonly facts: readonly string[] }): ReactNode {
  return (
    <span className="facts">
      {facts.map((fact, index) => (
        // Each figure has its own place.
        <span key={index}>{fact}</span>
      ))}
    </span>
  );
}
