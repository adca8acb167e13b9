import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { startOidcProvider } from "./oidc-provider.js";
import type { OidcProvider } from "./oidc-provider.js";
import { arrive, chooseFiles, findBarriers, limitUploads } from "./person.js";
import type { Person, PersonOptions } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

/** Signing in at a real OpenID provider, as a person does. */

/** Short enough to end in the middle of work: the server goes on for 15 s more, since clocks of two machines differ. */
const TOKEN_TTL_SECONDS = 3;

let provider: OidcProvider;
let product: Product;
let chromium: TestBrowser;
let folder: string;
const here: Person[] = [];
/** What a test expects the browser to complain about. */
let expected: RegExp | undefined;

beforeAll(async () => {
  const port = await freePort();
  folder = await mkdtemp(join(tmpdir(), "signet-sign-in-"));
  provider = await startOidcProvider(`http://localhost:${port}/`, TOKEN_TTL_SECONDS);
  const auth = {
    AUTH: "jwt-jwks",
    AUTH_ISSUER: provider.issuer,
    AUTH_AUDIENCE: "signet",
    AUTH_CLIENT_ID: provider.clientId,
  };
  [product, chromium] = await Promise.all([startProduct({ env: { PORT: String(port), ...auth } }), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await provider?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

afterEach(async () => {
  const allowed = expected;
  expected = undefined;
  await part(here.splice(0), allowed);
});

/** The policy lets the page talk to the provider. A token that has ended is a 401, which the browser mentions. */
async function part(people: readonly Person[], allowed?: RegExp): Promise<void> {
  const complaints = people.flatMap((person) => person.complaints);
  await Promise.all(people.map((person) => person.leave()));
  expect(complaints.filter((text) => !/status of 401/.test(text) && !allowed?.test(text))).toEqual([]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const open = (path: string, options: PersonOptions = {}): Promise<Person> =>
  arrive(chromium.browser, new URL(path, product.page).href, options);

/** Until the end of the test. */
async function visit(path = "/", options: PersonOptions = {}): Promise<Person> {
  const person = await open(path, options);
  here.push(person);
  return person;
}

const signInButton = (page: Page) => page.getByRole("button", { name: "Sign in", exact: true });

/** On the provider's own page: by keyboard. */
async function signInThere(page: Page, name: string): Promise<void> {
  await page.locator("[name=login]").fill(name);
  await page.keyboard.press("Enter");
}

async function signIn(page: Page, name: string): Promise<void> {
  await signInButton(page).press("Enter");
  await signInThere(page, name);
  await page.getByRole("button", { name: "Choose files" }).waitFor();
}

async function onDisk(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** What was kept for the person who is signed in. */
const keptSession = (page: Page): Promise<{ access_token: string; refresh_token: string }> =>
  page.evaluate(() => {
    const user = Object.entries(sessionStorage).find(([name]) => name.includes("user:"))![1] as string;
    return JSON.parse(user) as { access_token: string; refresh_token: string };
  });

/** Somebody ends the session at the provider: the next renewal is refused. */
async function endSession(page: Page): Promise<void> {
  const { refresh_token: token } = await keptSession(page);
  const form = new URLSearchParams({ token, client_id: provider.clientId });
  expect((await fetch(`${provider.issuer}/token/revocation`, { method: "POST", body: form })).status).toBe(200);
}

const listed = (page: Page, name: string) => page.locator(".file-row").filter({ hasText: name });

describe("a person who is not signed in", () => {
  test.each([
    ["wide", {}],
    ["phone", { width: 390, height: 800, touch: true }],
  ])("is told where to sign in, and meets no barrier: %s", async (name, options) => {
    const person = await visit("/", options);
    await person.page.getByText(`You sign in at ${new URL(provider.issuer).host}`).waitFor();
    expect(await signInButton(person.page).evaluate((button) => button === document.activeElement)).toBe(true);
    expect(await findBarriers(person, `sign-in-${name}`)).toEqual([]);
  });

  test("signs in, uploads, stays signed in after a reload, and signs out", async () => {
    const { page, ...person } = await visit();
    await signIn(page, "ann");
    // The provider's answer is used once, and not left in the address.
    await expectSoon(() => new URL(page.url()).search, "");
    await chooseFiles({ page, ...person }, [await onDisk("note.txt", Buffer.from("a note"))]);
    await listed(page, "note.txt").waitFor();
    await page.reload();
    await listed(page, "note.txt").waitFor();

    const { refresh_token: token } = await keptSession(page);
    await page.getByRole("button", { name: "Sign out ann" }).click();
    // The provider asks whether it is meant. Whatever is answered, what was kept here is of no use to anybody.
    const yes = page.getByRole("button", { name: /^yes/i });
    await yes.waitFor();
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: provider.clientId,
      refresh_token: token,
    });
    const renewal = await fetch(`${provider.issuer}/token`, { method: "POST", body: form });
    expect([renewal.status, await renewal.json()]).toMatchObject([400, { error: "invalid_grant" }]);
    await yes.press("Enter");
    await signInButton(page).waitFor();
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    expect(kept).not.toMatch(/access_token|refresh_token/);
  });

  test("comes back to the file whose link they opened", async () => {
    const owner = await visit();
    await signIn(owner.page, "ben");
    await chooseFiles(owner, [await onDisk("linked.txt", Buffer.from("linked"))]);
    await listed(owner.page, "linked.txt").waitFor();
    const { access_token: token } = await keptSession(owner.page);
    const answer = await fetch(product.graphql, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "{ files { nodes { id } } }" }),
    });
    const { data } = (await answer.json()) as { data: { files: { nodes: { id: string }[] } } };
    const path = `/files/${data.files.nodes[0]!.id}`;

    const visitor = await visit(path);
    await signInButton(visitor.page).press("Enter");
    const opened = visitor.page.waitForURL(
      (url) => url.pathname.startsWith("/signet/") || url.pathname.includes("/f/"),
    );
    await signInThere(visitor.page, "ben");
    await opened;
    expect(await visitor.page.textContent("body")).toBe("linked");
  });

  test("is told when they are not let in there", async () => {
    const { page } = await visit();
    await signInButton(page).press("Enter");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Sign-in was cancelled, or not allowed").waitFor();
    await signIn(page, "cleo");
    expect(await signInButton(page).isVisible()).toBe(false);
  });
});

describe("somebody who is at work when their token ends", () => {
  /** Both wait for the end of their tokens at the same time. */
  let dora: Person;
  let emma: Person;
  /** What the provider answers dora's page. */
  const renewals: number[] = [];
  let firstRenewal: Promise<unknown>;
  const LARGE = "large.bin";

  async function beginUpload(name: string): Promise<Person> {
    const person = await open("/");
    await signIn(person.page, name);
    await limitUploads(person, 400_000);
    await chooseFiles(person, [join(folder, LARGE)]);
    await person.page.locator(".upload-row").filter({ hasText: LARGE }).waitFor();
    return person;
  }

  beforeAll(async () => {
    await onDisk(LARGE, randomBytes(20_000_000));
    [dora, emma] = await Promise.all([beginUpload("dora"), beginUpload("emma")]);
    const token = `${provider.issuer}/token`;
    dora.page.on("response", (response) => response.url() === token && renewals.push(response.status()));
    firstRenewal = dora.page.waitForResponse(token, { timeout: 60_000 });
    await endSession(emma.page);
  }, 60_000);
  // That emma's token is not renewed is a 400, which the browser mentions.
  afterAll(() => part([dora, emma], /status of 400/));

  test("does not notice it: the token is renewed", async () => {
    await firstRenewal;
    await limitUploads(dora, 0);
    await listed(dora.page, LARGE).waitFor();
    expect(new Set(renewals)).toEqual(new Set([200]));
    expect(await signInButton(dora.page).isVisible()).toBe(false);
  }, 60_000);

  test("signs in again in another tab where it cannot be, while what they upload stays here and goes on", async () => {
    const { page, context } = emma;
    await page.getByText("That opens in a new tab").waitFor();
    expect(await signInButton(page).evaluate((button) => button === document.activeElement)).toBe(true);
    expect(await findBarriers(emma, "sign-in-again")).toEqual([]);
    const [tab] = await Promise.all([context.waitForEvent("page"), signInButton(page).click()]);
    // The provider knows them still: nothing is to be typed.
    await tab.getByText("You can close this one").waitFor();
    await limitUploads(emma, 0);
    await listed(page, LARGE).waitFor();
    expect(await tab.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain("access_token");
  }, 60_000);
});

test("a provider that does not answer is named, and the page goes on trying", async () => {
  const { page } = await visit();
  await signInButton(page).waitFor();
  expected = /ERR_|Failed to load/;
  await page.route(`${provider.issuer}/**`, (route) => route.abort());
  await signInButton(page).press("Enter");
  await page.getByText(`${new URL(provider.issuer).host} does not answer`).waitFor();
  await page.unroute(`${provider.issuer}/**`);
  await signIn(page, "fay");
  await expectSoon(() => page.getByRole("button", { name: "Sign out fay" }).count(), 1);
});
