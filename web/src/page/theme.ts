import { useState } from "react";

/** What a person can choose. */
export type Theme = "system" | "light" | "dark";

const KEY = "signet-theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

/** The stored choice, shown on the document. Called before the first paint. */
export function applyStoredTheme(): Theme {
  const stored = ORDER.find((theme) => theme === localStorage.getItem(KEY)) ?? "system";
  show(stored);
  return stored;
}

/** The current theme and a way to the next one. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState(applyStoredTheme);
  const next = (): void => {
    const following = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
    localStorage.setItem(KEY, following);
    show(following);
    setTheme(following);
  };
  return [theme, next];
}

function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
