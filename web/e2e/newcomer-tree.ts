import { expectSoon } from "./soon.js";
import type { Person } from "./person.js";

/** One thing that assistive technology is told of. */
export interface AccessibleNode {
  readonly role: string;
  /** For live regions: what they say. */
  readonly name: string;
  /** Of headings. */
  readonly level: number | undefined;
  /** Something that can be operated. */
  readonly isControl: boolean;
  readonly domNodeId: number;
}

/** The page as a screen reader has it: it finds and operates things by role and name, and sees nothing. */
export interface AccessibilityTree {
  nodes(): Promise<AccessibleNode[]>;
  /** Waits for a node. */
  find(role: string, name: string): Promise<AccessibleNode>;
  /** Waits until there is no such node. */
  findNone(role: string, name: string): Promise<void>;
  /** The default action, as a screen reader triggers it. */
  press(role: string, name: string): Promise<void>;
  /** Puts the focus there and types. */
  type(role: string, name: string, text: string): Promise<void>;
}

const CONTROLS = new Set(
  "button link checkbox radio textbox searchbox combobox listbox option menuitem switch slider spinbutton tab".split(
    " ",
  ),
);
const LIVE = new Set(["status", "alert", "log"]);

/** https://chromedevtools.github.io/devtools-protocol/tot/Accessibility/ */
export function accessibilityOf({ devtools }: Person): AccessibilityTree {
  const nodes = async (): Promise<AccessibleNode[]> => {
    const { nodes: all } = await devtools.send("Accessibility.getFullAXTree");
    const byId = new Map(all.map((node) => [node.nodeId, node]));
    const textOf = (node: (typeof all)[number]): string =>
      node.role?.value === "StaticText"
        ? String(node.name?.value ?? "")
        : (node.childIds ?? [])
            .map((id) => byId.get(id))
            .map((child) => (child ? textOf(child) : ""))
            .join("");
    return all
      .filter(({ ignored }) => !ignored)
      .map((node) => {
        const role = String(node.role?.value ?? "");
        const level = node.properties?.find(({ name }) => (name as string) === "level")?.value.value as
          number | undefined;
        const name = LIVE.has(role) ? textOf(node) : String(node.name?.value ?? "");
        return { role, name: plain(name), level, isControl: CONTROLS.has(role), domNodeId: node.backendDOMNodeId ?? 0 };
      });
  };
  const look = async (role: string, name: string): Promise<AccessibleNode | undefined> =>
    (await nodes()).find((node) => node.role === role && node.name === name);
  const find = async (role: string, name: string): Promise<AccessibleNode> => {
    const wanted = `${role} "${name}"`;
    const heard = async (): Promise<string> => {
      const names = (await nodes()).filter((node) => node.role === role).map((node) => `${role} "${node.name}"`);
      return names.includes(wanted) ? wanted : names.join("; ");
    };
    await expectSoon(heard, wanted);
    return (await look(role, name)) as AccessibleNode;
  };
  return {
    nodes,
    find,
    findNone: (role, name) => expectSoon(async () => (await look(role, name)) === undefined, true),
    async press(role, name) {
      const { object } = await devtools.send("DOM.resolveNode", { backendNodeId: (await find(role, name)).domNodeId });
      await devtools.send("Runtime.callFunctionOn", {
        objectId: object.objectId as string,
        functionDeclaration: "function () { this.focus(); this.click(); }",
        userGesture: true,
      });
    },
    async type(role, name, text) {
      await devtools.send("DOM.focus", { backendNodeId: (await find(role, name)).domNodeId });
      await devtools.send("Input.insertText", { text });
    },
  };
}

/** Without the marks that keep a name's writing direction to itself: nobody hears them. */
function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, "");
}
