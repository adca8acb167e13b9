/** Keys of one principal of the store. */
export interface StoreKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The store that the tests of this run share. */
export interface TestStore extends StoreKeys {
  readonly endpoint: string;
  readonly region: string;
  /** A principal that may only write, which signs the URLs of parts; null: the one above signs them too. */
  readonly uploadSigner: StoreKeys | null;
}

/** Where the servers of this test run are; set by global-setup.ts, inherited by Jest's workers. */
export interface TestServers {
  readonly postgresUrl: string;
  readonly s3: TestStore;
}

export const TEMPLATE_DATABASE = "signet_template";
const VARIABLE = "SIGNET_TEST_SERVERS";
/** A {@link TestStore} as JSON, `uploadSigner` optional, in place of the embedded store: what `radosgw.sh up` prints. */
const STORE_VARIABLE = "SIGNET_TEST_STORE";

export function publishServers(servers: TestServers): void {
  process.env[VARIABLE] = JSON.stringify(servers);
}

export function testServers(): TestServers {
  const text = process.env[VARIABLE];
  if (text === undefined) throw new Error("No test servers: run the tests with Jest, which starts them.");
  return JSON.parse(text) as TestServers;
}

/** The store that this run was told to use; null: the embedded one. */
export function givenStore(): TestStore | null {
  const text = process.env[STORE_VARIABLE];
  return text === undefined ? null : { uploadSigner: null, ...(JSON.parse(text) as Omit<TestStore, "uploadSigner">) };
}

/** For a child process: that store is to be tested. */
export const storeVariable = (store: TestStore): Record<string, string> => ({
  [STORE_VARIABLE]: JSON.stringify(store),
});
