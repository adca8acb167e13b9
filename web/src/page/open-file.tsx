import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ReactNode } from "react";
import { Icon } from "./icon.js";
import { messages } from "./messages.js";
import { RichText } from "./rich-text.js";
import { usePageDeps } from "./page-deps.js";

/** The view of a permalink: fetches a link with this session's token and goes there. */
export function OpenFile({ id }: { readonly id: string }): ReactNode {
  const { files } = usePageDeps();
  const { data, isError, isPending, refetch } = useQuery({
    queryKey: ["open", id],
    queryFn: async () => (await files.link(id, "INLINE")) ?? null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

  useEffect(() => {
    if (!data) return;
    // The store's page must not reach back to the one that this tab was opened from.
    window.opener = null;
    window.location.replace(data.url);
  }, [data]);

  if (data || isPending) {
    const downloads = data && !data.inlineAllowed;
    return (
      <div className="open-file" role="status">
        <p>
          {downloads ? <RichText words={messages.openFile.downloading(data.filename)} /> : messages.openFile.opening}
        </p>
        {downloads && <ToFiles />}
      </div>
    );
  }
  const { title, why } = isError ? messages.openFile.failed : messages.openFile.notFound;
  return (
    <div className="open-file" role="alert">
      <Icon name="warn" />
      <h2>{title}</h2>
      <p>{why}</p>
      {isError && (
        <button type="button" onClick={() => void refetch()}>
          {messages.list.tryAgain}
        </button>
      )}
      <ToFiles />
    </div>
  );
}

function ToFiles(): ReactNode {
  return <a href="/">{messages.openFile.toFiles}</a>;
}
