import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LogSettings } from '../../src/platform/observability/log.settings.js';
import { PinoLoggerService } from '../../src/platform/observability/pino-logger.service.js';
import { SECRET, SECRET_HEADER, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { startTestingApp } from '../support/testing-app.js';
import { newChatId, textUpdate } from '../support/updates.js';

type Line = Readonly<Record<string, unknown>>;

describeOnEachBackend('The log lines of a message', (backend) => {
  let world: World;
  let app: NestFastifyApplication;
  const lines: Line[] = [];

  beforeAll(async () => {
    world = await World.prepare(backend);
    const logger = new PinoLoggerService({
      settings: Object.assign(new LogSettings(), { level: 'info', pretty: false }),
      redactValues: [],
      destination: { write: (line) => void lines.push(JSON.parse(line)) },
    });
    app = await startTestingApp(world.env(), logger);
  });
  afterAll(async () => {
    world.model.releaseAll();
    await app.close();
    await world.stop();
  });

  /** A person writes in a chat. @returns the update’s id, in the log's form */
  async function write(chat: number, text: string): Promise<string> {
    const update = textUpdate(chat, text);
    await supertest(app.getHttpServer())
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .send(update)
      .expect(200, { status: 'queued' });
    return String(update.update_id);
  }

  /** The lines that a reader finds from an update’s id, by following the ids in them. */
  function joinedWith(updateId: string): Line[] {
    const ids = ['turnId', 'replyId'] as const;
    const isOfUpdate = (line: Line) =>
      line.updateId === updateId || (Array.isArray(line.updateIds) && line.updateIds.includes(updateId));
    const found = new Set(lines.filter(isOfUpdate));
    for (let size = 0; size < found.size;) {
      size = found.size;
      for (const id of ids) {
        const known = new Set([...found].map((line) => line[id]));
        known.delete(undefined);
        known.delete(null);
        for (const line of lines) if (known.has(line[id])) found.add(line);
      }
    }
    return lines.filter((line) => found.has(line));
  }

  it('are joined by ids, from the webhook to the delivery, and separate from those of others', async () => {
    const [quiet, busy] = [newChatId(), newChatId()];
    world.model.script(`[${quiet}]`, { text: 'Hello yourself.' });
    world.model.script(
      `[${busy}]`,
      { calls: [{ name: 'calculate', arguments: { expression: '2 + 2' } }] },
      { status: 500, message: 'not now' },
      { text: 'It is four.' },
    );
    world.telegram.failNext({ method: 'sendMessage', chat: busy, with: failures.limited(1) });
    const from = lines.length;
    const [quietUpdate, busyUpdate] = await Promise.all([
      write(quiet, `Hello [${quiet}]`),
      write(busy, `How much is 2 + 2? [${busy}]`),
    ]);
    await world.lastOf(quiet, 1);
    await world.lastOf(busy, 1);
    await eventually(() =>
      expect(lines.slice(from).filter(({ msg }) => msg === 'reply sent')).toHaveLength(2),
    );

    for (const [chat, update, milestones] of [
      [quiet, quietUpdate, ['update queued', 'turn begun', 'turn done', 'reply sent']],
      [
        busy,
        busyUpdate,
        [
          'update queued',
          'turn begun',
          'tool called',
          'model call failed',
          'turn put off',
          'turn goes on',
          'turn done',
          'reply put back',
          'reply sent',
        ],
      ],
    ] as const) {
      const joined = joinedWith(update);
      const said = joined.map(({ msg }) => msg);
      expect(milestones.filter((milestone) => !said.includes(milestone))).toEqual([]);
      const conversationId = await world.conversationId(chat);
      const about = { channel: 'telegram', chatId: String(chat), conversationId };
      for (const line of joined) expect(line).toMatchObject(about);
      for (const line of joined)
        if (line.msg !== 'update queued') expect(line).toMatchObject({ turnId: expect.any(String) });
      // Every line of its work is included.
      expect(lines.filter((line) => line.chatId === String(chat))).toEqual(joined);
    }
    // A logger of any of these lines names its message in all of them.
    const since = lines.slice(from);
    const authors = new Set(since.filter(({ turnId }) => turnId !== undefined).map(({ context }) => context));
    const unnamed = since.filter((line) => authors.has(line.context) && line.conversationId === undefined);
    expect(unnamed).toEqual([]);
  });

  it('name the update of a command, which has no turn', async () => {
    const chat = newChatId();
    const update = await write(chat, '/help');
    await world.lastOf(chat, 1);
    const conversationId = await world.conversationId(chat);
    await eventually(() =>
      expect(lines.filter((line) => line.conversationId === conversationId).map(({ msg }) => msg)).toContain(
        'reply sent',
      ),
    );
    const handled = lines.find((line) => line.msg === 'command handled' && line.updateId === update);
    expect(handled).toMatchObject({ conversationId, command: 'help' });
  });
});
