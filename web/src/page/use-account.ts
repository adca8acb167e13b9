import { useQuery } from "@tanstack/react-query";
import type { Account } from "../api/file-calls.js";
import { usePageDeps } from "./page-deps.js";

/** Cache key of usage and limits. */
export const ACCOUNT_KEY = ["account"] as const;

/** Usage, limits and policies; undefined until they are known. */
export function useAccount(): Account | undefined {
  const { files } = usePageDeps();
  return useQuery({ queryKey: ACCOUNT_KEY, queryFn: ({ signal }) => files.account(signal) }).data;
}

/** The policy that the page uploads under. */
export function defaultPolicy(account: Account | undefined): Account["uploadPolicies"][number] | undefined {
  return account?.uploadPolicies.find((policy) => policy.name === "default") ?? account?.uploadPolicies[0];
}
