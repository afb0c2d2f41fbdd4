import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SECRET, SECRET_HEADER, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { type ChildApp, startChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

/** A killed worker's lease has to run out first: 15 s. */
const patience = { withinMs: 50_000 };

describeOnEachBackend('A kill -9', (backend) => {
  let world: World;
  let child: ChildApp;

  beforeAll(async () => {
    world = await World.prepare(backend);
    child = await startChildApp(world.env());
  });
  afterAll(async () => {
    await child.kill();
    await world.stop();
  });

  const say = (chat: number, text: string) =>
    supertest(child.url)
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .send(textUpdate(chat, text))
      .expect(200, { status: 'queued' });

  it('loses no acknowledged message, answers none twice, and repeats no finished step', async () => {
    const thinking = newChatId();
    world.model.script(
      `[${thinking}]`,
      { calls: [{ name: 'remember', arguments: { fact: 'Their dog is called Rex.' } }] },
      { fault: 'hang' },
      { text: 'Rex it is.' },
    );
    await say(thinking, `[${thinking}] my dog is called Rex`);
    await eventually(() => expect(world.model.callsAbout(`[${thinking}]`)).toHaveLength(2));
    // With the thinking one as many as a worker runs at once.
    const held = world.model.hold('meanwhile');
    const chats = Array.from({ length: 9 }, newChatId);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(chats.map((chat) => say(chat, `[${chat}] meanwhile ${round}`)));
    }
    await eventually(() => expect(held.waiting).toBe(chats.length));
    await child.kill();
    held.release();

    child = await startChildApp(world.env());
    for (const chat of chats) {
      await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 10 }), patience);
      await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe(`Echo: [${chat}] meanwhile 9`));
      const finished = world.model.callsAbout(`[${chat}]`).filter(({ abandoned }) => !abandoned);
      expect(finished.flatMap(({ news }) => news)).toEqual(
        Array.from({ length: 10 }, (_, round) => `[${chat}] meanwhile ${round}`),
      );
      expect(world.telegram.textsOf(chat)).toHaveLength(finished.length);
    }
    await eventually(() => expect(world.telegram.textsOf(thinking)).toEqual(['Rex it is.']), patience);
    // It continued from the tool call: the model was asked the interrupted question again, and no other.
    const [, interrupted, again, ...more] = world.model.callsAbout(`[${thinking}]`);
    expect(again?.messages.slice(1)).toEqual(interrupted?.messages.slice(1));
    expect(more).toEqual([]);
  });
});
