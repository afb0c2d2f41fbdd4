import { describe, expect, it } from 'vitest';
import { telegramChannel } from '../../test/support/telegram-channel.js';
import { Metrics } from '../platform/observability/metrics.js';
import { UnusedUpdates } from './unused-updates.js';

const unusedUpdates = () =>
  new UnusedUpdates(telegramChannel({ token: '1:a', root: 'http://127.0.0.1:9' }), new Metrics());

describe('UnusedUpdates', () => {
  it('counts by kind', () => {
    const unused = unusedUpdates();
    for (const kind of ['channel_post', 'poll', 'channel_post'])
      unused.noteUnused('telegram', { update_id: 1, [kind]: {} });
    unused.noteUnused('telegram', { update_id: 1 });
    expect(Object.fromEntries(unused.counts)).toEqual({ channel_post: 2, poll: 1, unknown: 1 });
    unused.onModuleDestroy();
  });

  it('counts made-up kinds together, so that a sender cannot fill the memory', () => {
    const unused = unusedUpdates();
    const name = (number: number) =>
      `kind_${String.fromCharCode(97 + (number % 26), 97 + Math.floor(number / 26))}`;
    for (let number = 0; number < 200; number++)
      unused.noteUnused('telegram', { update_id: 1, [name(number)]: {} });
    expect(unused.counts.size).toBe(51);
    expect(unused.counts.get('other')).toBe(150);
    unused.onModuleDestroy();
  });
});
