import { afterAll, beforeAll, expect, it } from 'vitest';
import { SUMMARY_QUESTION } from '../../src/agent/context/summaries/summary-request.js';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('A conversation longer than the context', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { AGENT_CONTEXT_TOKENS: '1000' });
  });
  afterAll(() => world.stop());

  /** Writes more than the context holds. @returns the last request to the model */
  async function talk(chat: number, turns: number): Promise<string> {
    for (let turn = 1; turn <= turns; turn += 1)
      await world.sayAndRead(chat, `[${chat}] ${turn} ${'lorem ipsum '.repeat(30)}`);
    return shown(chat);
  }

  const systemOf = (chat: number) => world.model.callsAbout(`[${chat}]`).at(-1)?.messages[0]?.content ?? '';
  const shown = (chat: number) => JSON.stringify(world.model.callsAbout(`[${chat}]`).at(-1)?.messages);
  const summary = async (chat: number) => {
    const [row] = await world.sql<{ text: string }>(
      `SELECT text FROM summaries s JOIN conversations c ON c.id = s.conversation_id WHERE c.chat_id = $1`,
      [chat],
    );
    return row?.text ?? '';
  };

  it('is summarised by a lane of its own, and continues with the summary, shown by /memory too', async () => {
    const chat = newChatId();
    world.model.script(SUMMARY_QUESTION, { text: `The notes of ${chat}.` });
    await talk(chat, 6);
    await eventually(async () => expect(await summary(chat)).toBe(`The notes of ${chat}.`));
    await world.sayAndRead(chat, `[${chat}] and now?`);
    expect(systemOf(chat)).toContain(`The notes of ${chat}.`);
    expect(shown(chat)).not.toContain(`[${chat}] 1 lorem`);
    expect(await world.sayAndRead(chat, '/memory')).toContain(`The notes of ${chat}.`);
    const before = (await world.history(chat)).map(({ text }) => text);
    expect(before[0]).toContain(`[${chat}] 1 lorem`);
    await world.sayAndRead(chat, '/reset');
    expect(await world.sayAndRead(chat, '/memory')).not.toContain('The notes');
    await world.sayAndRead(chat, `[${chat}] and now?`);
    expect(systemOf(chat)).not.toContain('The notes');
  });

  it('is answered as before while the summary fails, and no turn waits for one', async () => {
    const chat = newChatId();
    world.model.script(SUMMARY_QUESTION, { status: 500 });
    await talk(chat, 6);
    await eventually(async () => {
      const [row] = await world.sql<{ attempts: number }>(
        `SELECT attempts FROM summaries s JOIN conversations c ON c.id = s.conversation_id WHERE c.chat_id = $1`,
        [chat],
      );
      expect(row?.attempts).toBeGreaterThan(0);
    });
    const held = world.model.hold(SUMMARY_QUESTION);
    await world.sql('UPDATE summaries SET due_at = now() WHERE due_at IS NOT NULL');
    await eventually(() => expect(held.waiting).toBe(1));
    expect(await world.sayAndRead(chat, `[${chat}] still there?`)).toBe(`Echo: [${chat}] still there?`);
    expect(held.waiting).toBe(1);
    held.release();
  });
});
