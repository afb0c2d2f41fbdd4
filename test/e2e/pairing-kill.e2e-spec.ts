import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_KEY, SECRET, SECRET_HEADER, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { type ChildApp, startChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('A kill -9 around a decision', (backend) => {
  let world: World;
  let child: ChildApp;
  const owner = newChatId();

  beforeAll(async () => {
    world = await World.prepare(backend, { TELEGRAM_ACCESS: 'pairing', TELEGRAM_OWNERS: String(owner) });
    child = await startChildApp(world.env());
  });
  afterAll(async () => {
    await child.kill();
    await world.stop();
  });

  const approve = async (chat: number): Promise<number> => {
    const auth = ['Authorization', `Bearer ${ADMIN_KEY}`] as const;
    const { body } = await supertest(child.url)
      .get('/admin/pairings?limit=200')
      .set(...auth);
    const items: { id: string; chatId: string }[] = body.items;
    const id = items.find(({ chatId }) => chatId === String(chat))?.id;
    const answer = await supertest(child.url)
      .post(`/admin/pairings/${id}/approve`)
      .set(...auth);
    return answer.status;
  };
  const welcomes = (chat: number) =>
    world.sql<{ state: string }>(
      `SELECT r.state::text AS state FROM replies r JOIN conversations c ON c.id = r.conversation_id
       WHERE c.chat_id = $1 AND r.body::text LIKE '%You have been let in%'`,
      [chat],
    );

  it('leaves one welcome for each admitted person', async () => {
    const chats = Array.from({ length: 12 }, newChatId);
    await Promise.all(
      chats.map((chat) =>
        supertest(child.url)
          .post('/webhook/telegram')
          .set(SECRET_HEADER, SECRET)
          .send(textUpdate(chat, 'let me in'))
          .expect(200),
      ),
    );
    for (const chat of chats) await world.lastOf(chat, 1);
    const approvals = chats.map((chat) => approve(chat).catch(() => null));
    await Promise.race(approvals);
    await child.kill();
    await Promise.all(approvals);
    child = await startChildApp(world.env());
    for (const chat of chats) expect([200, 409]).toContain(await approve(chat));
    for (const chat of chats) {
      await eventually(
        async () =>
          expect(await welcomes(chat)).toMatchObject([{ state: expect.stringMatching(/sent|uncertain/) }]),
        {
          withinMs: 50_000,
        },
      );
      const [welcome] = await welcomes(chat);
      // The arrival of a send that was under way when the process died is unknown: it is sent once more, at most.
      const most = welcome?.state === 'uncertain' ? 2 : 1;
      const shown = world.telegram.textsOf(chat).filter((text) => text.startsWith('You have been let in'));
      expect(shown.length).toBeGreaterThanOrEqual(1);
      expect(shown.length).toBeLessThanOrEqual(most);
    }
  });
});
