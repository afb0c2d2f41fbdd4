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
  /** What the page threw, wrote to the console as an error, or could not load. */
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

  /** What a chat message's or another element's text is, for each that is seen. */
  async texts(selector: string): Promise<string[]> {
    return await this.evaluate<string[]>(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].filter((one) => one.checkVisibility()).map((one) => one.innerText.trim())`,
    );
  }

  /** The messages of the bot; not its draft, nor that it types. */
  async answers(): Promise<string[]> {
    return await this.texts('.message.bot:not(.draft) .bubble:not(.dots)');
  }

  /** The links of the chat: where they lead, and what they let that page know. */
  async links(): Promise<{ words: string; href: string; rel: string }[]> {
    return await this.evaluate(
      `[...document.querySelectorAll('#log a')].map(({ innerText: words, href, rel }) => ({ words, href, rel }))`,
    );
  }

  /** Presses the button of these words, as soon as it is there, by touch where the screen has that. */
  async press(words: string): Promise<void> {
    await this.page.bringToFront();
    const button = await eventually(async () => {
      const found = await this.page.$(`::-p-xpath(//main//*[self::button or self::a][.="${words}"])`);
      if (!found) throw new Error(`no button ${words}`);
      return found;
    });
    await (this.screen.hasTouch ? button.tap() : button.click());
  }

  /** What axe finds against the page as it is, in light and in dark. */
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

  /** As text, because what runs in the page knows other types than what runs here. */
  private async evaluate<Result>(expression: string): Promise<Result> {
    return (await this.page.evaluate(expression)) as Result;
  }
}
