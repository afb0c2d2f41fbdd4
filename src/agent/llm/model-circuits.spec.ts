import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { aCaller, modelClient, unseen } from '../../../test/support/model-client.js';
import { Room } from '../../../test/support/room.js';
import { type Answer, ScriptedModel } from '../../../test/support/scripted-model.js';
import { SteeredClock } from '../../../test/support/steered.js';
import { DEFAULT_PROVIDER } from './model-target.js';
import { ModelSettings } from './model.settings.js';
import { CircuitRepository } from './circuit.repository.js';
import { CACHE_MS } from './model-circuits.js';

let room: Room;
let model: ScriptedModel;
let round = 0;

beforeAll(async () => {
  room = await Room.open();
  model = await ScriptedModel.start();
});
afterAll(async () => {
  await model.close();
  await room.close();
});
beforeEach(async () => {
  round += 1;
  await room.pool.query('DELETE FROM model_circuits');
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A process, whose clock advances by more than its cache lives at each call. */
function worker(change: Partial<ModelSettings> = {}) {
  const clock = new SteeredClock();
  const settings = Object.assign(new ModelSettings(), {
    apiKey: 'k',
    baseUrl: model.baseUrl,
    model: 'first',
    fallbackModels: ['second'],
    ...change,
  });
  const client = modelClient(settings, room.prisma, clock);
  return {
    clock,
    /** The models that were asked, and the outcomes. */
    ask: async (text: string, signal = new AbortController().signal) => {
      clock.aheadMs += CACHE_MS;
      const word = `${text} ${round}`;
      const before = model.callsAbout(word).length;
      const outcome = await client
        .complete({ messages: [{ role: 'user', content: word }] }, aCaller, signal, unseen)
        .catch((error: unknown) => error);
      return {
        outcome,
        models: model
          .callsAbout(word)
          .slice(before)
          .map((call) => call.model),
      };
    },
  };
}

const script = (text: string, ...answers: Answer[]) => model.script(`${text} ${round}`, ...answers);
const circuits = () =>
  room.rows<{ model: string; failures: number; open: boolean }>(
    'SELECT model, failures, retry_at IS NOT NULL AS open FROM model_circuits ORDER BY model',
  );
/** Ends every wait, as passing time does. */
const due = () =>
  room.pool.query('UPDATE model_circuits SET retry_at = clock_timestamp() WHERE retry_at IS NOT NULL');

/** The first model fails until its circuit is open; the second one answers. */
async function open(asking = worker()): Promise<void> {
  for (const turn of [1, 2, 3]) {
    script(`open ${turn}`, { status: 503 }, { status: 503 }, { text: 'From the second.' });
    expect((await asking.ask(`open ${turn}`)).models).toEqual(['first', 'first', 'second']);
  }
}

describe('ModelCircuits', () => {
  it('spare every worker a model that failed three times in a row', async () => {
    await open();
    expect(await circuits()).toEqual([{ model: 'first', failures: 3, open: true }]);
    expect((await worker().ask('anew')).models).toEqual(['second']);
    expect((await worker().ask('anew')).models).toEqual(['second']);
  });

  it('count failures of all workers together, and start anew after a success', async () => {
    const [one, two] = [worker(), worker()];
    for (const asking of [one, two]) {
      script('fails', { status: 503 }, { status: 503 }, { text: 'ok' });
      await asking.ask('fails');
    }
    expect(await circuits()).toEqual([{ model: 'first', failures: 2, open: false }]);
    await one.ask('works');
    expect(await circuits()).toEqual([]);
  });

  it('forget an old failure', async () => {
    script('fails', { status: 503 }, { status: 503 }, { text: 'ok' });
    await worker().ask('fails');
    await room.pool.query(
      `UPDATE model_circuits SET failures = 2, failed_at = failed_at - interval '2 minutes'`,
    );
    script('fails', { status: 503 }, { status: 503 }, { text: 'ok' });
    await worker().ask('fails');
    expect(await circuits()).toEqual([{ model: 'first', failures: 1, open: false }]);
  });

  it('open at the first refusal of a key, and not at a wrong request', async () => {
    script('key', { status: 401 }, { text: 'ok' });
    await worker().ask('key');
    expect(await circuits()).toMatchObject([{ model: 'first', open: true }]);
    await room.pool.query('DELETE FROM model_circuits');
    script('wrong', { status: 400 });
    for (let time = 0; time < 4; time += 1) await worker().ask('wrong');
    expect(await circuits()).toEqual([]);
  });

  it('let one of all workers try when the time is up, and close when it succeeds', async () => {
    await open();
    await due();
    const held = model.hold(`probe ${round}`);
    const workers = Array.from({ length: 8 }, () => worker());
    const asked = workers.map(({ ask }) => ask('probe'));
    await eventually(() => expect(held.waiting).toBe(8));
    held.release();
    await Promise.all(asked);
    const models = model.callsAbout(`probe ${round}`).map((call) => call.model);
    expect(models.filter((name) => name === 'first')).toHaveLength(1);
    expect(models.filter((name) => name === 'second')).toHaveLength(7);
    expect(await circuits()).toEqual([]);
    expect((await worker().ask('after')).models).toEqual(['first']);
  });

  it('give the right to try to one of many that ask for it at the same moment', async () => {
    await open();
    await due();
    const repository = new CircuitRepository(room.prisma);
    const target = { provider: DEFAULT_PROVIDER, model: 'first' };
    const claims = await Promise.all(Array.from({ length: 8 }, () => repository.claimProbe(target, 60_000)));
    expect(claims.filter((claimed) => claimed)).toHaveLength(1);
  });

  it('stay open longer when the try fails, and ask the next model with the same request', async () => {
    await open();
    await due();
    script('probe', { status: 503 }, { text: 'From the second.' });
    const { models, outcome } = await worker().ask('probe');
    expect(models).toEqual(['first', 'second']);
    expect(outcome).toMatchObject({ content: 'From the second.' });
    const [row] = await room.rows<{ trips: number; seconds: number }>(
      'SELECT trips, extract(epoch FROM retry_at - clock_timestamp())::float8 AS seconds FROM model_circuits',
    );
    expect(row?.trips).toBe(2);
    expect(row?.seconds).toBeGreaterThan(15);
  });

  it('let the next worker try when a try was aborted', async () => {
    await open();
    await due();
    const held = model.hold(`probe ${round}`);
    const stop = new AbortController();
    const probe = worker().ask('probe', stop.signal);
    await eventually(() => expect(held.waiting).toBe(1));
    stop.abort(new Error('stopped'));
    expect((await probe).outcome).toMatchObject({ message: 'stopped' });
    held.release();
    expect((await worker().ask('next')).models).toEqual(['first']);
  });

  it('ask the best of models whose circuits are all open, and close the one that answers', async () => {
    const asking = worker();
    script('down', { status: 401 }, { status: 429, headers: { 'retry-after': '30' } });
    await asking.ask('down');
    expect(await circuits()).toMatchObject([
      { model: 'first', open: true },
      { model: 'second', open: true },
    ]);
    script('still', { status: 429 });
    const { models, outcome } = await asking.ask('still');
    expect(models).toEqual(['second']);
    expect(outcome).toMatchObject({ code: 'MODEL_429' });
    expect((await asking.ask('up again')).models).toEqual(['second']);
    expect(await circuits()).toMatchObject([{ model: 'first', open: true }]);
  });

  it('defer a turn when a model that was skipped may recover', async () => {
    await open();
    script('both', { status: 401 });
    const { models, outcome } = await worker().ask('both');
    expect(models).toEqual(['second']);
    expect(outcome).toMatchObject({ code: 'MODEL_503', retryAfterMs: null });
  });

  it('ignore failures of calls that were under way when a circuit closed or opened', async () => {
    const held = model.hold(`late ${round}`);
    script('late', { status: 503 });
    const late = worker({ timeoutMs: 60_000 });
    const asked = [late.ask('late'), late.ask('late')];
    await eventually(() => expect(held.waiting).toBe(2));
    await open();
    held.release();
    await Promise.all(asked);
    const [row] = await room.rows<{ trips: number }>(
      `SELECT trips FROM model_circuits WHERE model = 'first'`,
    );
    expect(row?.trips).toBe(1);
  });

  it('cost a process one read a second and no write while all models work, and nothing with one model', async () => {
    const query = vi.spyOn(room.prisma, '$queryRaw');
    const [write, begin] = [vi.spyOn(room.prisma, '$executeRaw'), vi.spyOn(room.prisma, '$transaction')];
    // All of it in the same second.
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const asking = worker();
    for (let time = 0; time < 5; time += 1) {
      await asking.ask('well');
      asking.clock.aheadMs -= CACHE_MS;
    }
    expect(query).toHaveBeenCalledTimes(1);
    asking.clock.aheadMs += CACHE_MS;
    await asking.ask('well');
    expect(query).toHaveBeenCalledTimes(2);
    await worker({ fallbackModels: [] }).ask('alone');
    expect(query).toHaveBeenCalledTimes(2);
    expect([write.mock.calls, begin.mock.calls]).toEqual([[], []]);
  });

  it('fail no turn when their table cannot be read or written', async () => {
    await room.pool.query('ALTER TABLE model_circuits RENAME TO circuits_away');
    script('away', { status: 503 }, { status: 503 }, { text: 'From the second.' });
    const { outcome } = await worker().ask('away');
    await room.pool.query('ALTER TABLE circuits_away RENAME TO model_circuits');
    expect(outcome).toMatchObject({ content: 'From the second.' });
  });

  it('log once that one opened and once that it closed, whichever process did it', async () => {
    const lines: unknown[] = [];
    for (const level of ['warn', 'log'] as const)
      vi.spyOn(Logger.prototype, level).mockImplementation((line: object) => {
        if (String(Reflect.get(line, 'msg')).startsWith('model circuit')) lines.push(line);
      });
    await open();
    await worker().ask('open already');
    await due();
    await worker().ask('closes');
    await worker().ask('closed');
    expect(lines).toEqual([
      {
        msg: 'model circuit opened',
        provider: '(default)',
        model: 'first',
        code: 'MODEL_503',
        openMs: 10_000,
      },
      { msg: 'model circuit closed', provider: '(default)', model: 'first' },
    ]);
  });
});
