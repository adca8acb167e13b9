import { availableParallelism } from "node:os";

// Tests run as the compiler that ships emitted them: no second compiler to disagree with (docs/decisions/001-stack.md).
/** @type {import("jest").Config} */
export default {
  transform: {},
  testEnvironment: "node",
  testTimeout: 60_000,
  // Most of them wait: for a browser, a database, a process that starts. One for each core would leave the cores idle.
  maxWorkers: availableParallelism() + 1,
  testSequencer: "./check/jest.longest-first.mjs",
  projects: [
    {
      displayName: "api",
      rootDir: "api/dist",
      testMatch: ["<rootDir>/**/*.test.js"],
      transform: {},
      testEnvironment: "node",
      globalSetup: "<rootDir>/test/global-setup.js",
      globalTeardown: "<rootDir>/test/global-teardown.js",
    },
    {
      displayName: "web",
      rootDir: "web/dist-test",
      testMatch: ["<rootDir>/**/*.test.js"],
      transform: {},
      testEnvironment: "node",
    },
  ],
};
