import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const API = "http://localhost:4000";

// The tool reads the default export and offers no other way.
export default defineConfig({
  plugins: [react()],
  build: {
    // The page's policy is script-src 'self': no data: URLs and no inline polyfill.
    assetsInlineLimit: 0,
    // What the page needs anyway: light-dark(), popover, AbortSignal.any.
    target: ["chrome125", "firefox129", "safari17.5"],
    modulePreload: false,
  },
  server: {
    proxy: {
      "/graphql": API,
      "/dev": API,
      "/healthz": API,
      "/readyz": API,
      "/explorer": API,
      "/files": {
        target: API,
        // A person who opens a permalink gets the page, as the API does it.
        bypass: (request) => (request.headers.accept?.includes("text/html") ? "/index.html" : undefined),
      },
    },
  },
});
