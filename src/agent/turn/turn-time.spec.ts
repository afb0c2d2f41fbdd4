import { expect, it } from 'vitest';
import { openTurnScene } from './turn-scene.spec-support.js';
import { errorText } from '../../../test/support/error-texts.js';

const scene = openTurnScene();

it('A turn’s time adds up over the tries that were put off', async () => {
  const { turn, lease } = await scene.agent.begin(scene.conversation, scene.word);
  scene.agent.model.script(scene.word, { fault: 'hang' });
  const failure = { code: 'MODEL_503', error: errorText('an error'), text: 'Sorry.' };
  for (const spentMs of [30_000, 29_950]) await scene.agent.turns.postpone(lease, turn, failure, 0, spentMs);
  expect(await scene.turns()).toMatchObject([{ spentMs: 59_950 }]);
  await scene.agent.room.leases.release(lease);
  await scene.run();
  expect(await scene.letters()).toMatchObject([{ reason: 'TURN_TIMEOUT' }]);
});
