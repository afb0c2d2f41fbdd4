import { AxePuppeteer } from '@axe-core/puppeteer';
import type { Browser, Page } from 'puppeteer';
import { eventually } from '../support/eventually.js';

/** The window of a visitor. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  /** Presses are taps. */
  readonly hasTouch: boolean;
}

/** The playground's page in a browser, open at one chat. */
export class ChatPage {
  /** The page's errors: thrown, logged as errors, or failures to load. */
  readonly errors: string[] = [];

  private constructor(
    private readonly page: Page,
    private readonly screen: Screen,
  ) {
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error') this.errors.push(line.text());
    });
  }

  static async open(browser: Browser, url: string, chat: number, screen: Screen): Promise<ChatPage> {
    const page = new ChatPage(await browser.newPage(), screen);
    await page.page.setViewport(screen);
    await page.page.goto(`${url}/playground#${chat}`, { waitUntil: 'load' });
    await eventually(async () => {
      if (!(await page.evaluate<boolean>(`document.querySelectorAll('#chat option').length > 0`)))
        throw new Error('the page has no chat');
    });
    return page;
  }

  /** Writes a message and sends it. */
  async say(text: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.type('#text', text);
    await this.page.keyboard.press('Enter');
  }

  /** The visible text of each matching element. */
  async texts(selector: string): Promise<string[]> {
    return await this.evaluate<string[]>(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].filter((one) => one.checkVisibility()).map((one) => one.innerText.trim())`,
    );
  }

  /** The bot's messages, without its draft and its typing sign. */
  async answers(): Promise<string[]> {
    return await this.texts('.message.bot:not(.draft) .bubble:not(.dots)');
  }

  /** The links of the chat: their targets, and what they reveal to that page. */
  async links(): Promise<{ words: string; href: string; rel: string }[]> {
    return await this.evaluate(
      `[...document.querySelectorAll('#log a')].map(({ innerText: words, href, rel }) => ({ words, href, rel }))`,
    );
  }

  /** Presses the button with this label, as soon as it is there, by touch if the screen has that. */
  async press(words: string): Promise<void> {
    await this.page.bringToFront();
    const button = await eventually(async () => {
      const found = await this.page.$(`::-p-xpath(//main//*[self::button or self::a][.="${words}"])`);
      if (!found) throw new Error(`no button ${words}`);
      return found;
    });
    await (this.screen.hasTouch ? button.tap() : button.click());
  }

  /** The findings of axe on the present page, in light and in dark mode. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    for (const value of ['light', 'dark']) {
      await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
      const { violations } = await new AxePuppeteer(this.page).analyze();
      for (const { id, nodes } of violations) {
        found.push(
          ...nodes.map(({ html, failureSummary }) => `${value}: ${id}: ${html}: ${failureSummary ?? ''}`),
        );
      }
    }
    return found;
  }

  /** By how many pixels the page or its chat is wider than the window. */
  async overflow(): Promise<number> {
    const widest = await this.evaluate<number>(
      `Math.max(document.documentElement.scrollWidth, document.querySelector('#log').scrollWidth)`,
    );
    return Math.max(0, widest - this.screen.width);
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** As text, because code in the page has other types than code here. */
  private async evaluate<Result>(expression: string): Promise<Result> {
    return (await this.page.evaluate(expression)) as Result;
  }
}
