import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, SECRET, SECRET_HEADER, World } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Scrape } from '../support/prometheus.js';
import { failures } from '../support/telegram-double.js';
import { newChatId, nextUpdateId, textUpdate } from '../support/updates.js';

describe('GET /metrics', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start('postgresql');
  });
  afterAll(() => world.stop());

  const scrape = () => Scrape.of(world.app.url);

  /** The increase of these metrics during `work`, once it is reached. */
  async function grows(
    expected: readonly (readonly [string, Record<string, string>, number])[],
    work: () => Promise<unknown>,
  ): Promise<void> {
    const before = await scrape();
    await work();
    await eventually(async () => {
      const after = await scrape();
      const grown = expected.map(([name, labels]) => [
        name,
        labels,
        (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0),
      ]);
      expect(grown).toEqual(expected);
    });
  }

  it('is Prometheus’ text format, without a key, and includes Node.js', async () => {
    const { headers } = await supertest(world.app.url).get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    const { samples } = await scrape();
    const names = new Set(samples.map(({ name }) => name));
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
      'turnpike_updates_total',
    ])
      expect(names).toContain(name);
  });

  it('counts updates by their acknowledgement, and those without use by their kind', async () => {
    const update = textUpdate(newChatId(), 'Hello');
    const outcomes = [
      ['updates_total', { outcome: 'queued' }, 1],
      ['updates_total', { outcome: 'duplicate' }, 2],
      ['updates_total', { outcome: 'ignored' }, 3],
      ['updates_ignored_total', { kind: 'poll' }, 2],
      ['updates_ignored_total', { kind: 'unknown' }, 1],
      // Otherwise it would count in another test.
      ['replies_total', { outcome: 'sent' }, 1],
    ] as const;
    await grows(outcomes, async () => {
      for (let time = 0; time < 3; time += 1) await world.post(update).expect(200);
      for (const content of [{ poll: {} }, { poll: {} }, { 'Not a kind': {} }])
        await world.post({ update_id: nextUpdateId(), ...content }).expect(200);
    });
  });

  it('counts refusals at the webhook, by status', async () => {
    const route = '/webhook/telegram';
    const refusals = [
      ['http_refusals_total', { route, status: '400' }, 1],
      ['http_refusals_total', { route, status: '401' }, 2],
      ['http_refusals_total', { route, status: '413' }, 1],
      ['http_refusals_total', { route, status: '415' }, 1],
      ['http_refusals_total', { route: '/admin/conversations/:id', status: '401' }, 1],
      ['http_refusals_total', { route: 'none', status: '404' }, 1],
      ['updates_total', { outcome: 'queued' }, 0],
    ] as const;
    await grows(refusals, async () => {
      const http = supertest(world.app.url);
      for (let time = 0; time < 2; time += 1) await http.post(route).send(textUpdate(1, 'x')).expect(401);
      const known = () => http.post(route).set(SECRET_HEADER, SECRET);
      await known().send({ update_id: 'x' }).expect(400);
      await known()
        .send({ text: 'x'.repeat(1_100_000) })
        .expect(413);
      await known().type('text/plain').send('x').expect(415);
      await http.get('/admin/conversations/1?key=a').expect(401);
      await http.get(`/no/such/route/${newChatId()}`).expect(404);
    });
  });

  it('counts turns, model calls, tokens and replies', async () => {
    const chat = newChatId();
    const moved = [
      ['turns_total', { outcome: 'done' }, 1],
      ['model_calls_total', { outcome: 'answered' }, 1],
      ['model_calls_total', { outcome: 'moment' }, 0],
      ['replies_total', { outcome: 'sent' }, 1],
      ['replies_total', { outcome: 'failed' }, 0],
    ] as const;
    const before = await scrape();
    await grows(moved, () => world.sayAndRead(chat, `[${chat}] hello`));
    const after = await scrape();
    for (const direction of ['input', 'output'])
      expect(after.value('model_tokens_total', { direction })).toBeGreaterThan(
        before.value('model_tokens_total', { direction }) ?? Infinity,
      );
  });

  it('counts failures: model, turn, reply', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}]`, { status: 500 }, { status: 401 }, { text: 'Sorry for that.' });
    const turns = [
      ['model_calls_total', { outcome: 'moment' }, 1],
      ['turns_total', { outcome: 'put_off' }, 1],
      ['model_calls_total', { outcome: 'model' }, 1],
      ['turns_total', { outcome: 'failed' }, 1],
      ['replies_total', { outcome: 'sent' }, 1],
    ] as const;
    await grows(turns, () => world.say(chat, `[${chat}] hello`));
    const method = 'sendMessage';
    const chatGone = failures.badRequest('chat not found');
    world.telegram.failNext({ method, chat, times: 1, with: chatGone });
    await grows([['replies_total', { outcome: 'failed' }, 1]], () => world.say(chat, `[${chat}] again`));
  });

  it('counts a reply whose send has an unknown outcome, and a pause that Telegram asks for', async () => {
    const [chat, slow] = [newChatId(), newChatId()];
    const method = 'sendMessage';
    world.telegram.failNext({ method, chat, times: 1, with: failures.resetAfter });
    world.telegram.failNext({ method, chat: slow, times: 1, with: failures.limited(1) });
    const moved = [
      ['replies_total', { outcome: 'uncertain' }, 1],
      ['replies_total', { outcome: 'sent' }, 1],
      ['flood_pauses_total', { pauses: 'chat' }, 1],
      ['flood_pauses_total', { pauses: 'bot' }, 0],
    ] as const;
    await grows(moved, async () => {
      await world.say(chat, 'hello');
      await world.say(slow, 'hello');
    });
  });

  it('gives a worker’s scraper the waiting work and its age', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] first`);
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.say(chat, `[${chat}] second`);
    // Its first scrape asks the database: there is nothing to wait for.
    const worker = await world.startApp({ APP_ROLE: 'worker' });
    const waiting = await Scrape.of(worker.url);
    expect(waiting.value('lane_depth', { lane: 'turns' })).toBe(1);
    expect(waiting.value('lane_oldest_seconds', { lane: 'turns' })).toBeGreaterThan(0);
    expect(waiting.value('lane_depth', { lane: 'commands' })).toBe(0);
    expect(waiting.value('turns_total', { outcome: 'done' })).toBeTypeOf('number');
    held.release();
    await world.lastOf(chat, 2);
    await world.stopApp(worker);
  });

  it('contains a bounded number of samples, and no ids, messages or secrets', async () => {
    const chat = newChatId();
    const kind = (n: number) => `kind_${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}`;
    for (let n = 0; n < 120; n += 1) await world.post({ update_id: nextUpdateId(), [kind(n)]: { chat } });
    for (let n = 0; n < 120; n += 1) await supertest(world.app.url).get(`/secret-${n}`).expect(404);
    await world.sayAndRead(chat, 'a word to nobody else');
    const { text, samples } = await scrape();
    const ignored = samples.filter(({ name }) => name === 'turnpike_updates_ignored_total');
    expect(ignored.length).toBeLessThanOrEqual(51);
    expect(ignored.find(({ labels }) => labels['kind'] === 'other')?.value).toBeGreaterThan(0);
    const routes = new Set(
      samples
        .filter(({ name }) => name === 'turnpike_http_refusals_total')
        .map(({ labels }) => labels['route']),
    );
    for (const route of routes) expect(route).toMatch(/^(none|\/[a-z/:-]+)$/i);
    const hidden = [String(chat), 'a word to nobody', 'secret-', SECRET, ADMIN_KEY, world.telegram.token];
    for (const secret of hidden) expect(text).not.toContain(secret);
  });
});
