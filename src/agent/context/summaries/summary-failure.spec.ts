import { beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../../test/support/scripted-model.js';
import { failOnce } from '../../../../test/support/failing-once.js';
import { MAX_SUMMARY_TRIES } from './summary-failure.js';
import { coveredNumbers, openSummaryFixture } from './summary.fixture.js';
import { errorText } from '../../../../test/support/error-texts.js';

const fixture = openSummaryFixture();
const { answers, past, requests, say, set, summarise, summary } = fixture;

describe('A summary that fails', () => {
  beforeEach(async () => {
    await past(60);
    await say('hello');
  });

  it('is retried later, by the database’s clock, a few times, and then only after new messages', async () => {
    answers({ status: 500 });
    for (let attempts = 1; attempts < MAX_SUMMARY_TRIES; attempts += 1) {
      await summarise();
      const [row] = await fixture.agent.room.rows<{ attempts: number; soon: boolean }>(
        `SELECT attempts, due_at > clock_timestamp() + interval '1 s' AS soon FROM summaries WHERE conversation_id = $1`,
        [fixture.conversation.id],
      );
      expect(row).toEqual({ attempts, soon: true });
      const made = requests().length;
      await summarise();
      expect(requests()).toHaveLength(made);
      await set('due_at = now()');
    }
    await summarise();
    expect(await summary()).toMatchObject({ attempts: MAX_SUMMARY_TRIES, dueAt: null });
    expect((await summary()).error).toContain('MODEL_500');
    // A retried turn requests it again, without new messages.
    await fixture.agent.summaries.ask(fixture.conversation.id, 0, (await summary()).askedUntil);
    const tries = requests().length;
    await summarise();
    expect(requests()).toHaveLength(tries);
    answers({ text: 'At last.' });
    await say('something new');
    await summarise();
    expect(await summary()).toMatchObject({ text: 'At last.', attempts: 0, error: null });
  });

  it.each([
    ['made', { text: 'The notes.' }, { text: 'The notes.', attempts: 0 }],
    ['of no use', { text: null }, { text: '', attempts: 1 }],
  ] satisfies [string, Answer, object][])(
    'is paid once where it is %s, though the database is away for a moment when that is to be written down',
    async (_, answer, outcome) => {
      answers(answer);
      await failOnce(fixture.agent.room, 'UPDATE ON summaries');
      await summarise();
      const messages = requests().flatMap(coveredNumbers);
      expect(messages.length).toBeGreaterThan(10);
      expect(new Set(messages).size).toBe(messages.length);
      expect(await summary()).toMatchObject(outcome);
    },
  );

  it('is replaced and counted once, however often that is written', async () => {
    const { agent, conversation } = fixture;
    const lease = await agent.room.lease(conversation.id, 'summaries');
    const before = await summary();
    const made = {
      text: 'The notes.',
      coversFrom: 1n,
      coversUntil: 2n,
      model: 'double',
      tokens: 3,
      outside: false,
    };
    const used = { tokens: 7n, microUsd: 0n };
    const spent = async () =>
      (
        await agent.room.prisma.budgetDay.findMany({
          where: { key: { contains: conversation.chatId } },
        })
      )
        .filter(({ scope }) => scope === 'chat')
        .map(({ spentTokens }) => Number(spentTokens));
    const [already = 0] = await spent();
    for (let time = 0; time < 2; time += 1) await agent.summaries.replace(lease, before, made, used);
    expect(await spent()).toEqual([already + 7]);
    for (let time = 0; time < 2; time += 1)
      await agent.summaries.fail(lease, before, errorText('broken'), 1_000, used);
    expect(await spent()).toEqual([already + 14]);
    expect(await summary()).toMatchObject({ text: 'The notes.', attempts: 1 });
  });

  it('delays no turn, which shows as much of the history as fits', async () => {
    answers({ status: 500 });
    await summarise();
    await say('news 1');
    const shown = fixture.agent.model.calls.at(-1)?.messages ?? [];
    expect(shown.at(-1)?.content).toBe('news 1');
    expect(shown[0]?.content).not.toContain('What was said before');
    expect(shown.length).toBeGreaterThan(30);
  });

  it('keeps its pause when messages arrive', async () => {
    answers({ status: 500 });
    await summarise();
    const before = await summary();
    await say('more');
    expect(await summary()).toMatchObject({ dueAt: before.dueAt, attempts: 1 });
  });

  it.each([
    ['a wrong key', { status: 401 }],
    ['a refusal', { text: null, refusal: 'No.' }],
  ] satisfies [string, Answer][])('is given up at once after %s', async (_name, answer) => {
    answers(answer);
    await summarise();
    expect(await summary()).toMatchObject({ text: '', attempts: 1, dueAt: null });
  });

  it('is retried after an answer without text, or with calls of unknown tools', async () => {
    answers({ text: '  ' }, { calls: [{ name: 'read', arguments: { page: 1 } }] });
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 1, dueAt: expect.any(Date) });
    await set('due_at = now()');
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 2, error: expect.stringContaining('SUMMARY_EMPTY') });
  });

  it('summarises a smaller part if the model cannot read so much', async () => {
    answers({ status: 400, code: 'context_length_exceeded' }, { text: 'A part.' }, { text: 'The rest.' });
    await summarise();
    const [whole = [], half = []] = requests().map(coveredNumbers);
    expect(half.length).toBeLessThan(whole.length * 0.7);
    expect(half[0]).toBe(1);
    expect(await summary()).toMatchObject({ text: 'The rest.', dueAt: null });
  });
});
