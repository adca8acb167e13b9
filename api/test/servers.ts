/** Where the servers of this test run are; set by global-setup.ts, inherited by Jest's workers. */
export interface TestServers {
  readonly postgresUrl: string;
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
}

export const TEMPLATE_DATABASE = "signet_template";
const VARIABLE = "SIGNET_TEST_SERVERS";

export function publishServers(servers: TestServers): void {
  process.env[VARIABLE] = JSON.stringify(servers);
}

export function testServers(): TestServers {
  const text = process.env[VARIABLE];
  if (text === undefined) throw new Error("No test servers: run the tests with Jest, which starts them.");
  return JSON.parse(text) as TestServers;
}
