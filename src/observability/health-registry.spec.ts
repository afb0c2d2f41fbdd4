import { EventEmitter, once } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HealthPart } from './health-part.js';
import { HealthRegistry } from './health-registry.js';

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
    const registry = new HealthRegistry();
    registry.add(new Part('database', works));
    registry.add(new Part('queue', works));
    expect(await registry.check()).toEqual({ status: 'ok', parts: { database: 'ok', queue: 'ok' } });
  });

  it('names the failing part, whether it rejects, throws or hangs, and tells the hanging one to stop', async () => {
    const registry = new HealthRegistry();
    let told = false;
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
              told = true;
            }),
          ),
      ),
    );
    expect(await registry.check(10)).toEqual({
      status: 'unavailable',
      parts: { database: 'ok', queue: 'unavailable', thrower: 'unavailable', workers: 'unavailable' },
    });
    expect(told).toBe(true);
  });

  it('asks all parts side by side', async () => {
    const registry = new HealthRegistry();
    const meeting = new EventEmitter();
    registry.add(new Part('waits', async () => void (await once(meeting, 'arrival'))));
    registry.add(new Part('comes later', async () => void meeting.emit('arrival')));
    expect((await registry.check()).status).toBe('ok');
  });

  it('logs a change of a part, not every probe', async () => {
    const lines: unknown[] = [];
    const keep = (line: unknown) => void lines.push(line);
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
    let up = false;
    const registry = new HealthRegistry();
    registry.add(new Part('queue', () => (up ? works() : fails())));
    await registry.check();
    await registry.check();
    up = true;
    await registry.check();
    await registry.check();
    Logger.overrideLogger(false);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'not ready', part: 'queue' }),
      { msg: 'ready again', part: 'queue' },
    ]);
  });

  it('refuses two parts of one name', () => {
    const registry = new HealthRegistry();
    registry.add(new Part('queue', works));
    expect(() => registry.add(new Part('queue', works))).toThrow(/queue/);
  });
});
