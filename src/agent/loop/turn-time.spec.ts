import { expect, it } from 'vitest';
import { openTurnFixture } from './turn.fixture.js';
import { errorText } from '../../../test/support/error-texts.js';

const fixture = openTurnFixture();

it('A turn’s time adds up over its tries', async () => {
  const { turn, lease } = await fixture.agent.begin(fixture.conversation, fixture.word);
  fixture.agent.model.script(fixture.word, { fault: 'hang' });
  const failure = { code: 'MODEL_503', error: errorText('an error'), text: 'Sorry.' };
  for (const spentMs of [30_000, 29_950])
    await fixture.agent.turns.postpone(lease, turn, failure, 0, spentMs);
  expect(await fixture.turns()).toMatchObject([{ spentMs: 59_950 }]);
  await fixture.agent.room.leases.release(lease);
  await fixture.run();
  expect(await fixture.letters()).toMatchObject([{ reason: 'TURN_TIMEOUT' }]);
});
