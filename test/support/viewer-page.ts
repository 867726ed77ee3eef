import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";

/** Software WebGL on a busy machine takes its time. */
export const PATIENCE = { timeout: 120_000 };

/** The viewer in a browser. */
export interface OpenPage {
  readonly page: Page;
  /** Scripts' failures. */
  readonly problems: readonly string[];
  /** That the page asked for anything. */
  readonly hosts: ReadonlySet<string>;
}

/** Opens an address, without animations. */
export async function openPage(from: Browser, address: string, options: BrowserContextOptions): Promise<OpenPage> {
  const page = await (await from.newContext({ ...options, reducedMotion: "reduce" })).newPage();
  page.setDefaultTimeout(PATIENCE.timeout);
  const problems: string[] = [];
  const hosts = new Set<string>();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) problems.push(message.text());
  });
  page.on("request", (request) => {
    if (request.url().startsWith("http")) hosts.add(new URL(request.url()).host);
  });
  await page.goto(address);
  return { page, problems, hosts };
}

/** Waits until a date shows with nothing more to come. */
export async function settled(page: Page, date: string): Promise<void> {
  await page.waitForFunction((title) => document.title.startsWith(title), date, PATIENCE);
  await idle(page);
}

/** Waits until no tile is awaited. */
export async function idle(page: Page): Promise<void> {
  // Changes are drawn after a moment; the progress line comes with the first request.
  await page.waitForTimeout(400);
  try {
    await page.waitForFunction(
      () => ["progress", "status"].every((id) => document.getElementById(id)?.hidden === true),
      undefined,
      PATIENCE,
    );
  } catch (cause) {
    const said = await page.locator("#status").textContent();
    throw new Error(`the page still waits: "${said}" under "${await page.title()}"`, { cause });
  }
  await page.waitForTimeout(400);
}

/** Mean of all channels, 0..255, of a small square in the upper middle of the map, `share` of the width from the left. */
export async function brightness(page: Page, share: number): Promise<number> {
  const width = page.viewportSize()?.width ?? 0;
  const clip = { x: Math.round(width * share) - 20, y: 160, width: 40, height: 40 };
  const { channels } = await sharp(await page.screenshot({ clip, ...PATIENCE })).stats();
  return channels.slice(0, 3).reduce((sum, channel) => sum + channel.mean, 0) / 3;
}
