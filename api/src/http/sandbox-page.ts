import type { ApolloServerPlugin, GraphQLServerContext } from "@apollo/server";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import { EXAMPLE_OPERATIONS, EXAMPLE_VARIABLES } from "./example-operations.js";

/** Apollo Sandbox, rendered anew for each visit, so that the token in it is fresh. It loads from Apollo's CDN. */
export interface SandboxPage {
  /** To be given to Apollo Server: its plugin is rendered with the server's own context. */
  readonly plugin: ApolloServerPlugin;
  /** @param token goes into the bearer header of the editor; null: the header is left out */
  render(token: string | null): Promise<string>;
}

export function createSandboxPage(): SandboxPage {
  let service: GraphQLServerContext | null = null;
  return {
    plugin: {
      async serverWillStart(started) {
        service = started;
      },
    },
    async render(token) {
      if (service === null) throw new Error("the sandbox page was asked for before Apollo Server had started");
      const landingPage = ApolloServerPluginLandingPageLocalDefault({
        embed: { runTelemetry: false, endpointIsEditable: false, initialState: { pollForSchemaUpdates: false } },
        document: EXAMPLE_OPERATIONS,
        variables: EXAMPLE_VARIABLES,
        ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
        footer: false,
      });
      const listener = await landingPage.serverWillStart?.(service);
      const page = await listener?.renderLandingPage?.();
      if (!page) throw new Error("Apollo's landing page plugin renders no page");
      return typeof page.html === "string" ? page.html : page.html();
    },
  };
}
