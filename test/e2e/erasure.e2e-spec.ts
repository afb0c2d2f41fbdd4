import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('An erasure', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  it('of a chat in use begins a new conversation, which knows nothing of the erased one', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] a secret`);
    const erased = await world.conversationId(chat);
    await world.admin(`conversations/${erased}`, 'delete').expect(204);
    await world.sayAndRead(chat, `[${chat}] hello`);
    expect(await world.conversationId(chat)).not.toBe(erased);
    const context = world.model.callsAbout(`[${chat}] hello`)[0]?.messages.map(({ content }) => content);
    expect(context?.slice(1)).toEqual([`[${chat}] hello`]);
  });

  it('that its process left half done is completed by a worker', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    // As the first stage leaves it, in a process that died right then.
    await world.sql(
      `UPDATE conversations SET channel = 'erased:' || id, erased_from = channel,
         erased_at = clock_timestamp() - interval '1 minute' WHERE id = $1`,
      [id],
    );
    await world.admin(`conversations/${id}`).expect(404);
    await eventually(async () => {
      const left = await world.sql('SELECT FROM messages WHERE conversation_id = $1', [id]);
      const row = await world.sql('SELECT FROM conversations WHERE id = $1', [id]);
      expect([left.length, row.length]).toEqual([0, 0]);
    });
  });
});
