import supertest from 'supertest';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ADMIN_KEY, SECRET, SECRET_HEADER, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { type ChildApp, startChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { makeNextVersion, NEXT_MIGRATION, type Version } from '../support/next-version.js';
import type { Hold } from '../support/scripted-model.js';
import { Talk } from '../support/talk.js';
import { newChatId, textUpdate } from '../support/updates.js';

// Most of it goes into starting processes.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

/** A killed worker's lease has to run out first: 15 s. */
const patience = { withinMs: 50_000 };

/** Two processes of one version. The model's name shows which worker asks the model. */
interface Processes {
  readonly web: ChildApp;
  readonly worker: ChildApp;
}

describeOnEachBackend('A rolling update to a version with a migration', (backend) => {
  let world: World;
  let nextVersion: Version;
  let old: Processes;
  let next: Processes;
  /** The old version alone begins its turn, and gets no answer for as long as it runs. */
  const thinking = newChatId();
  let held: Hold;
  const started: ChildApp[] = [];

  beforeAll(async () => {
    world = await World.prepare(backend, { AGENT_TURN_TIMEOUT_MS: '600000' });
    nextVersion = await makeNextVersion();
    old = await start('old');
    held = world.model.hold(`[${thinking}]`);
    await say(thinking, `[${thinking}] hello`);
    await eventually(() => expect(held.waiting).toBe(1));
  });
  afterAll(async () => {
    for (const app of started) await app.kill();
    await world.stop();
    await nextVersion.remove();
  });

  async function start(model: string, root?: string): Promise<Processes> {
    const one = async (role: string) => {
      const app = await startChildApp(world.env({ APP_ROLE: role, OPENAI_MODEL: model }), root);
      started.push(app);
      return app;
    };
    const [web, worker] = await Promise.all([one('web'), one('worker')]);
    return { web, worker };
  }

  async function newestMigration(): Promise<string | undefined> {
    const [row] = await world.sql<{ name: string }>(
      'SELECT max(migration_name) AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL',
    );
    return row?.name;
  }

  /** Waits until workers of these names, and no others, have each asked the model anew. */
  async function allWork(...models: string[]): Promise<void> {
    const before = world.model.calls.length;
    await eventually(() => {
      const seen = new Set(world.model.calls.slice(before).map(({ model }) => model));
      expect([...seen].toSorted()).toEqual(models.toSorted());
    }, patience);
  }

  const say = (chat: number, text: string) =>
    supertest(old.web.url)
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .send(textUpdate(chat, text))
      .expect(200, { status: 'queued' });

  it('migrates while users write, and both versions answer each message once and in order', async () => {
    const webs = [old.web];
    const talk = new Talk(world, () => webs);
    await allWork('old');
    expect(await newestMigration()).not.toBe(NEXT_MIGRATION);
    next = await start('next', nextVersion.root);
    expect(await newestMigration()).toBe(NEXT_MIGRATION);
    webs.push(next.web);
    await allWork('old', 'next');
    await talk.end();
  });

  it('finishes the work that the old version left in a crash, and lets it start again beside the next one', async () => {
    await Promise.all([old.web.kill(), old.worker.kill()]);
    held.release();
    const answers = () => world.telegram.textsOf(thinking);
    await eventually(() => expect(answers()).toEqual([`Echo: [${thinking}] hello`]), patience);
    expect(world.model.callsAbout(`[${thinking}]`).map(({ model }) => model)).toEqual(['old', 'next']);

    old = await start('old, again');
    expect(await newestMigration()).toBe(NEXT_MIGRATION);
    const talk = new Talk(world, () => [old.web, next.web]);
    await allWork('next', 'old, again');
    await talk.end();
    expect(answers()).toHaveLength(1);
  });

  it('is undone by running the old version alone, whose every statement fits the new tables', async () => {
    await Promise.all([next.web.kill(), next.worker.kill()]);
    const chat = newChatId();
    world.model.script(
      `[${chat}] remember`,
      { calls: [{ name: 'remember', arguments: { fact: 'They roll back.' } }] },
      { text: 'Remembered.' },
    );
    world.model.script(`[${chat}] refuse`, { status: 400 });
    await say(chat, `[${chat}] remember`);
    await world.lastOf(chat, 1);
    await say(chat, '/reset');
    await world.lastOf(chat, 2);
    await say(chat, `[${chat}] refuse`);
    await world.lastOf(chat, 3);

    const id = await world.conversationId(chat);
    const admin = (method: 'get' | 'patch' | 'delete', path: string) =>
      supertest(old.web.url)[method](`/admin/${path}`).set('Authorization', `Bearer ${ADMIN_KEY}`);
    for (const path of ['', '/messages', '/export'])
      await admin('get', `conversations/${id}${path}`).expect(200);
    await admin('patch', `conversations/${id}`).send({ status: 'paused' }).expect(200);
    for (const list of ['conversations', 'turns', 'dead-letters']) {
      const { body } = await admin('get', list).expect(200);
      expect(body.items).not.toEqual([]);
      await admin('get', `${list}/${body.items[0].id}`).expect(200);
    }
    await admin('delete', `conversations/${id}`).expect(204);
    await admin('get', `conversations/${id}`).expect(404);
  });
});
