import type { Browser } from 'puppeteer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callMethod } from '../../src/playground/bot-api/simulator.fixture.js';
import { World } from '../support/app.js';
import { describeWithBrowser, startBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';
import { ChatPage } from './chat-page.js';

/** A rich message shows a table better than a text does. */
const TABLE = '\n\n| port | high water |\n| --- | --- |\n| Brest | 16:40 |\n| Cuxhaven | 23:05 |';
const LONG_WORD = 'Donaudampfschifffahrtsgesellschaft'.repeat(4);

const settings = ['false', 'edit', 'draft'].flatMap((streaming) =>
  ['false', 'true'].map((rich) => ({ streaming, rich })),
);
const screens = [
  { width: 1280, height: 800, hasTouch: false },
  { width: 360, height: 740, hasTouch: true },
];

describeWithBrowser('The playground in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  describe.each(settings)('with AGENT_STREAMING=$streaming, TELEGRAM_RICH_MESSAGES=$rich', (setting) => {
    let world: World;

    beforeAll(async () => {
      world = await World.start('postgresql', {
        // Unset, so that the simulator takes Telegram's place.
        TELEGRAM_BOT_TOKEN: '',
        AGENT_STREAMING: setting.streaming,
        TELEGRAM_RICH_MESSAGES: setting.rich,
        TOOLS_REQUIRE_APPROVAL: 'remember',
      });
    });
    afterAll(() => world.stop());

    describe.each(screens)('$width px wide', (screen) => {
      let chat: number;
      let page: ChatPage;

      beforeEach(async () => {
        chat = newChatId();
        page = await ChatPage.open(browser, world.app.url, chat, screen);
      });
      afterEach(async () => {
        await page.close();
        expect(page.errors).toEqual([]);
      });

      const isFitAndAccessible = async () => {
        expect(await page.violations()).toEqual([]);
        expect(await page.overflow()).toBe(0);
      };
      /** The place where a streamed reply appears. */
      const unfinished = async () =>
        setting.streaming === 'draft' ? await page.texts('.draft .bubble') : await page.answers();

      it('shows an answer while it is written and when it is complete', async () => {
        await isFitAndAccessible();
        const hold = world.model.gate();
        world.model.script(`${chat} tides`, {
          pieces: ['High water is ', 'late today.', `${LONG_WORD}${TABLE}`],
          hold,
        });
        await page.say(`${chat} tides`);
        if (setting.streaming !== 'false') {
          await eventually(async () =>
            expect(await unfinished()).toEqual([expect.stringContaining('High water is')]),
          );
          await isFitAndAccessible();
        }
        hold.release();
        await eventually(async () =>
          expect(await page.answers()).toEqual([expect.stringContaining('23:05')]),
        );
        expect(await page.texts('.draft .bubble')).toEqual([]);
        await isFitAndAccessible();
      });

      it('presses the button that approves a call, and shows the result', async () => {
        const fact = `fact of ${chat}`;
        const call = { name: 'remember', arguments: { fact } };
        world.model.script(`${chat} please`, { calls: [call] }, { text: `${chat} done` });
        await page.say(`${chat} please`);
        await eventually(async () =>
          expect(await page.texts('.buttons button')).toEqual(['✅ Approve', '❌ Deny']),
        );
        await isFitAndAccessible();

        await page.press('✅ Approve');
        await eventually(async () => expect(await page.texts('#notice')).toEqual(['Thank you.']));
        await eventually(async () => expect((await page.answers()).at(-1)).toBe(`${chat} done`));
        await eventually(async () => expect((await page.answers())[0]).toMatch(/^Approved by /));
        expect(await page.texts('.buttons button')).toEqual([]);
        expect(await world.sql('SELECT 1 FROM facts WHERE text = $1', [fact])).toHaveLength(1);
        await isFitAndAccessible();
      });

      if (setting.streaming !== 'draft') return;
      it('stops an answer by the button under its draft', async () => {
        const hold = world.model.gate();
        world.model.script(`${chat} story`, { pieces: ['Once upon', ' a time'], hold });
        await page.say(`${chat} story`);
        await eventually(async () => expect(await unfinished()).toEqual(['Once upon']));
        await page.press('Stop');
        await eventually(async () =>
          expect(await page.answers()).toEqual([expect.stringMatching(/^Once upon\s+\(Stopped here\.\)$/)]),
        );
        hold.release();
      });
    });
  });

  describe('with whatever buttons a bot sends', () => {
    let world: World;

    beforeAll(async () => {
      world = await World.start('postgresql', { TELEGRAM_BOT_TOKEN: '' });
    });
    afterAll(() => world.stop());

    it.each(screens)(
      'links addresses, and explains buttons that cannot be pressed, $width px wide',
      async (screen) => {
        const chat = newChatId();
        const page = await ChatPage.open(browser, world.app.url, chat, screen);
        await page.say('hello');
        await eventually(async () => expect(await page.answers()).toEqual(['Echo: hello']));
        const { simulator } = world.app.standIns;
        if (!simulator) throw new Error('no simulator runs');
        const inline_keyboard = [
          [
            { text: 'Read on', url: 'https://example.org/a' },
            { text: 'Run', url: 'javascript:alert(1)' },
          ],
          [{ text: 'Copy', copy_text: { text: 'x' } }],
          Array.from({ length: 8 }, (_, place) => ({ text: `Choice ${place}`, callback_data: `${place}` })),
        ];
        await callMethod(simulator, 'sendMessage', {
          chat_id: chat,
          text: 'Choose.',
          reply_markup: { inline_keyboard },
        });

        await eventually(async () => expect(await page.texts('.buttons button')).toHaveLength(9));
        const links = await page.links();
        expect(links[0]).toEqual({
          words: 'Read on',
          href: 'https://example.org/a',
          rel: 'noopener noreferrer',
        });
        for (const { href } of links) expect(href).toMatch(/^https:/);
        expect(await page.texts('.buttons [aria-disabled="true"]')).toEqual(['Copy']);
        expect(await page.violations()).toEqual([]);
        expect(await page.overflow()).toBe(0);
        await page.close();
        expect(page.errors).toEqual([]);
      },
    );
  });

  describe('with TELEGRAM_ACCESS=pairing', () => {
    const [owner, stranger] = [newChatId(), newChatId()];
    let world: World;

    beforeAll(async () => {
      world = await World.start('postgresql', {
        TELEGRAM_BOT_TOKEN: '',
        TELEGRAM_ACCESS: 'pairing',
        TELEGRAM_OWNERS: String(owner),
      });
    });
    afterAll(() => world.stop());

    it.each(screens)('lets an owner grant access by a button, $width px wide', async (screen) => {
      const asked = await ChatPage.open(browser, world.app.url, owner, screen);
      const asking = await ChatPage.open(browser, world.app.url, stranger + screen.width, screen);
      await asked.say('hello');
      await eventually(async () => expect((await asked.answers()).at(-1)).toBe('Echo: hello'));
      await asking.say('let me in');
      await eventually(async () =>
        expect(await asking.answers()).toEqual([expect.stringContaining('Your code is')]),
      );

      await asked.press('✅ Approve');
      await eventually(async () =>
        expect((await asking.answers()).at(-1)).toMatch(/^You have been let in\./),
      );
      await eventually(async () => expect(await asked.texts('.buttons button')).toEqual([]));
      await asking.say('thank you');
      await eventually(async () => expect((await asking.answers()).at(-1)).toBe('Echo: thank you'));
      for (const page of [asked, asking]) {
        await page.close();
        expect(page.errors).toEqual([]);
      }
    });
  });
});
