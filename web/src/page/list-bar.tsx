import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { LIST_FILTERS, LIST_ORDERS } from "./list-view.js";
import type { ListFilter, ListOrder, ListView } from "./list-view.js";
import { messages } from "./messages.js";

const SEARCH_DELAY_MS = 250;

interface ListBarProps {
  readonly view: ListView;
  readonly onChange: (change: Partial<ListView>) => void;
}

/** What the list shows and in which order. */
export function ListBar({ view, onChange }: ListBarProps): ReactNode {
  return (
    <search className="list-bar">
      <SearchBox search={view.search} onChange={onChange} />
      <select
        aria-label={messages.list.show}
        value={view.filter}
        onChange={(event) => onChange({ filter: event.currentTarget.value as ListFilter })}
      >
        {LIST_FILTERS.map((filter) => (
          <option key={filter} value={filter}>
            {messages.list.filters[filter]}
          </option>
        ))}
      </select>
      <select
        aria-label={messages.list.order}
        value={view.order}
        onChange={(event) => onChange({ order: event.currentTarget.value as ListOrder })}
      >
        {LIST_ORDERS.map((order) => (
          <option key={order} value={order}>
            {messages.list.orders[order]}
          </option>
        ))}
      </select>
    </search>
  );
}

/** Searches when the typing pauses. */
function SearchBox({
  search,
  onChange,
}: {
  readonly search: string;
  readonly onChange: ListBarProps["onChange"];
}): ReactNode {
  const [text, setText] = useState(search);
  const said = useRef(search);
  useEffect(() => {
    // What comes back of what was typed is older than what has been typed since.
    if (search === said.current) return;
    // The browser's history has gone to another search.
    said.current = search;
    setText(search);
  }, [search]);
  useEffect(() => {
    const timer = setTimeout(() => {
      said.current = text.trim();
      onChange({ search: said.current });
    }, SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <input
      id="search"
      type="search"
      value={text}
      placeholder={messages.list.search}
      aria-label={messages.list.search}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
