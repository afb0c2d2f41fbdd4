import { EventEmitter, once } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SteeredClock } from '../../../test/support/steered.js';
import { HealthRegistry, HealthPart } from './health-registry.js';

class Part extends HealthPart {
  constructor(
    readonly name: string,
    readonly check: (signal: AbortSignal) => Promise<void>,
  ) {
    super();
  }
}

const works = async () => {};
const fails = () => Promise.reject(new Error('down'));

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));

describe('HealthRegistry', () => {
  it('is ok with every part named when all work', async () => {
    const registry = new HealthRegistry(new SteeredClock());
    registry.add(new Part('database', works));
    registry.add(new Part('queue', works));
    expect(await registry.check()).toEqual({ status: 'ok', parts: { database: 'ok', queue: 'ok' } });
  });

  it('names the failing part, whether it rejects, throws or hangs, and aborts the hanging one', async () => {
    const registry = new HealthRegistry(new SteeredClock());
    let aborted = false;
    registry.add(new Part('database', works));
    registry.add(new Part('queue', fails));
    registry.add(
      new Part('thrower', () => {
        throw new Error('at once');
      }),
    );
    registry.add(
      new Part(
        'workers',
        (signal) =>
          new Promise(() =>
            signal.addEventListener('abort', () => {
              aborted = true;
            }),
          ),
      ),
    );
    expect(await registry.check(10)).toEqual({
      status: 'unavailable',
      parts: { database: 'ok', queue: 'unavailable', thrower: 'unavailable', workers: 'unavailable' },
    });
    expect(aborted).toBe(true);
  });

  it('asks all parts side by side', async () => {
    const registry = new HealthRegistry(new SteeredClock());
    const meeting = new EventEmitter();
    registry.add(new Part('waits', async () => void (await once(meeting, 'arrival'))));
    registry.add(new Part('comes later', async () => void meeting.emit('arrival')));
    expect((await registry.check()).status).toBe('ok');
  });

  it('checks once for all concurrent callers, and for all within a second', async () => {
    const clock = new SteeredClock();
    const registry = new HealthRegistry(clock);
    let [asked, answer] = [0, () => {}];
    registry.add(
      new Part('database', () => {
        asked += 1;
        return new Promise((resolve) => (answer = resolve));
      }),
    );
    const crowd = Array.from({ length: 400 }, () => registry.check());
    answer();
    const reports = await Promise.all(crowd);
    expect([asked, new Set(reports.map(({ status }) => status))]).toEqual([1, new Set(['ok'])]);
    expect((await registry.check()).status).toBe('ok');
    expect(asked).toBe(1);

    clock.aheadMs += 1_000;
    const next = registry.check();
    answer();
    expect([(await next).status, asked]).toEqual(['ok', 2]);
  });

  it('reports for a second only that a part is down', async () => {
    const clock = new SteeredClock();
    const registry = new HealthRegistry(clock);
    let up = false;
    registry.add(new Part('database', () => (up ? works() : fails())));
    expect((await registry.check()).status).toBe('unavailable');
    up = true;
    clock.aheadMs += 1_000;
    expect((await registry.check()).status).toBe('ok');
  });

  it('logs a change of a part, not every probe', async () => {
    const lines: unknown[] = [];
    const keep = (line: unknown) => void lines.push(line);
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
    let up = false;
    const clock = new SteeredClock();
    const registry = new HealthRegistry(clock);
    registry.add(new Part('queue', () => (up ? works() : fails())));
    const later = async () => {
      clock.aheadMs += 1_000;
      return await registry.check();
    };
    await later();
    await later();
    up = true;
    await later();
    await later();
    Logger.overrideLogger(false);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'not ready', part: 'queue' }),
      { msg: 'ready again', part: 'queue' },
    ]);
  });

  it('refuses two parts with one name', () => {
    const registry = new HealthRegistry(new SteeredClock());
    registry.add(new Part('queue', works));
    expect(() => registry.add(new Part('queue', works))).toThrow(/queue/);
  });
});
