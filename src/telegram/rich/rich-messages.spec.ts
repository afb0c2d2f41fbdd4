import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChannelMessageId, ChatId, NO_THREAD } from '../../channel/ids.js';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId } from '../../../test/support/updates.js';
import { anyAnswer } from '../formatting/answers.fixture.js';
import { numberedMarkdown } from '../formatting/markdown.fixture.js';
import { composeTwoForms } from './compose-rich.js';

const TABLE = '| a | b |\n|---|--:|\n| **1** |  |';
const never = new AbortController().signal;
const blocksOf = (markdown: string) => composeTwoForms(markdown).flatMap(({ rich }) => rich?.blocks ?? []);

describe('composeTwoForms', () => {
  it('renders a table as a table', () => {
    expect(blocksOf(TABLE)).toEqual([
      {
        type: 'table',
        is_bordered: true,
        cells: [
          [
            { text: 'a', is_header: true, align: 'left', valign: 'top' },
            { text: 'b', is_header: true, align: 'right', valign: 'top' },
          ],
          [
            { text: { type: 'bold', text: '1' }, align: 'left', valign: 'top' },
            { align: 'right', valign: 'top' },
          ],
        ],
      },
    ]);
  });

  it('renders headings, nested lists, tasks, code, quotes and rules', () => {
    const markdown = '## *H*\n\n4. a\n   - [x] b\n\n```js\n\tx\n```\n\n> q\n\n---';
    expect(blocksOf(markdown)).toEqual([
      { type: 'heading', size: 2, text: { type: 'italic', text: 'H' } },
      {
        type: 'list',
        items: [
          {
            value: 4,
            type: '1',
            blocks: [
              { type: 'paragraph', text: 'a' },
              {
                type: 'list',
                items: [{ has_checkbox: true, is_checked: true, blocks: [{ type: 'paragraph', text: 'b' }] }],
              },
            ],
          },
        ],
      },
      { type: 'pre', language: 'js', text: '    x' },
      { type: 'blockquote', blocks: [{ type: 'paragraph', text: 'q' }] },
      { type: 'divider' },
    ]);
  });

  it('renders formulas as formulas, and valid links as links', () => {
    expect(blocksOf('$$\nx^2\n$$\n\nso \\(a_1\\) [l](https://example.org) [m](/n)')).toEqual([
      { type: 'mathematical_expression', expression: 'x^2' },
      {
        type: 'paragraph',
        text: [
          'so ',
          { type: 'mathematical_expression', expression: 'a_1' },
          ' ',
          { type: 'url', text: 'l', url: 'https://example.org/' },
          ' ',
          'm',
          ' (/n)',
        ],
      },
    ]);
  });

  it('keeps the usual form beside it', () => {
    expect(composeTwoForms('# H')).toEqual([
      {
        text: 'H',
        entities: [{ type: 'bold', offset: 0, length: 1 }],
        rich: { blocks: [{ type: 'heading', size: 1, text: 'H' }] },
      },
    ]);
  });

  it.each([
    ['words with styles', 'just **words**'],
    ['an item without a text', '- a\n-\n'],
    ['deep nesting', `${'> '.repeat(17)}- a`],
    ['more than 500 blocks', Array.from({ length: 501 }, () => '- a').join('\n')],
    ['a table too long for a message', `${TABLE}\n${'| word | word |\n'.repeat(600)}`],
  ])('leaves %s in the usual form', (_, markdown) => {
    expect(blocksOf(markdown)).toEqual([]);
  });

  it('shows a table with too many columns, or a row with more cells than the head, as code', () => {
    const wide = `|${' a |'.repeat(21)}\n|${'-|'.repeat(21)}`;
    expect(blocksOf(`# H\n\n${wide}`).at(-1)).toMatchObject({ type: 'pre' });
    expect(blocksOf(`${TABLE}\n|c|d|e|`)).toMatchObject([
      { type: 'pre', text: expect.stringContaining('e') },
    ]);
  });

  it('shows right-to-left text as such', () => {
    expect(composeTwoForms('# שלום')[0]?.rich).toMatchObject({ is_rtl: true });
  });

  it('splits a long answer into several messages, each in both forms', () => {
    const forms = composeTwoForms(`# H\n\n${'word '.repeat(300)}\n\n`.repeat(10));
    expect(forms.length).toBeGreaterThan(3);
    expect(forms.every(({ rich, text }) => rich !== null && text.length <= 4096)).toBe(true);
  });
});

describe('A channel with rich messages', () => {
  let telegram: TelegramDouble;
  beforeEach(async () => {
    telegram = await TelegramDouble.start();
  });
  afterEach(() => telegram.close());

  const channel = () => telegramChannel(telegram, { richMessages: true });
  const newPlace = () => ({
    channel: 'telegram',
    chatId: ChatId(String(newChatId())),
    threadId: NO_THREAD,
    via: null,
  });
  const send = async (markdown: string, to = newPlace()) => {
    const outcomes = [];
    for (const body of channel().compose(markdown)) {
      outcomes.push(await channel().send(to, JSON.parse(JSON.stringify(body)), never));
    }
    return { to: Number(to.chatId), outcomes };
  };

  it('is off unless it is asked for', () => {
    expect(telegramChannel(telegram).compose(TABLE)).toEqual([
      { text: expect.any(String), entities: expect.any(Array) },
    ]);
  });

  it('sends rich messages, and edits a text into one', async () => {
    const { to, outcomes } = await send(TABLE);
    expect(telegram.callsOf('sendRichMessage', to)).toHaveLength(1);
    expect(outcomes).toEqual([{ kind: 'sent', channelMessageId: '1001' }]);
    const place = { channel: 'telegram', chatId: ChatId(String(to)), threadId: NO_THREAD, via: null };
    await channel().send(place, { text: 'writing', entities: [] }, never);
    const [body = {}] = channel().compose('# Done');
    const edit = () => channel().edit(place, ChannelMessageId('1002'), body, never);
    expect(await edit()).toEqual({ kind: 'sent', channelMessageId: '1002' });
    expect(await edit()).toEqual({ kind: 'sent', channelMessageId: '1002' });
    expect(telegram.textsOf(to)).toEqual(['a │ b\n1 │ ', 'Done']);
  });

  it.each([
    ['refused', failures.badRequest('rich message must be non-empty')],
    ['unknown to the server', { kind: 'answer', status: 404, description: 'Not Found: method not found' }],
  ] as const)('sends the usual form at once where they are %s', async (_, failure) => {
    telegram.failNext({ method: 'sendRichMessage', with: failure });
    const { to, outcomes } = await send(TABLE);
    expect(outcomes).toMatchObject([{ kind: 'sent' }]);
    expect(telegram.textsOf(to)).toEqual(['a │ b\n──┼──\n1 │']);
  });

  it('edits into the usual form where the rich one is refused', async () => {
    const place = newPlace();
    await channel().send(place, { text: 'writing', entities: [] }, never);
    telegram.failNext({ method: 'editMessageText', with: failures.badRequest('message text is empty') });
    const [body = {}] = channel().compose('# Done');
    expect(await channel().edit(place, ChannelMessageId('1001'), body, never)).toMatchObject({
      kind: 'sent',
    });
    expect(telegram.callsOf('editMessageText').map(({ params }) => 'rich_message' in params)).toEqual([
      true,
      false,
    ]);
    expect(telegram.textsOf(Number(place.chatId))).toEqual(['Done']);
  });

  it.each([
    ['a pause asked for', failures.limited(2), 'limited'],
    ['a connection that broke', failures.resetAfter, 'unknown'],
    ['a server error', failures.serverError, 'unavailable'],
    ['a bot that is blocked', failures.blocked, 'refused'],
  ])('does not send the usual form after %s', async (_, failure, kind) => {
    telegram.failNext({ method: 'sendRichMessage', with: failure });
    const { outcomes } = await send(TABLE);
    expect(outcomes).toMatchObject([{ kind }]);
    expect(telegram.callsOf('sendMessage')).toEqual([]);
  });

  it('never gets a refusal, and shows every word in order', async () => {
    const answers = fc.oneof(
      numberedMarkdown,
      anyAnswer.map(({ markdown }) => ({ markdown, words: [] })),
    );
    const promise = fc.asyncProperty(answers, async ({ markdown, words }) => {
      const { to } = await send(markdown);
      expect(telegram.calls.filter(({ refused }) => refused !== null)).toEqual([]);
      if (words.length > 0) expect(telegram.textsOf(to).join('\n').match(/q\d+z/g)).toEqual(words);
    });
    await fc.assert(promise, { numRuns: 300 });
    expect(telegram.callsOf('sendRichMessage').length).toBeGreaterThan(50);
  });
});
