import { describe, expect, it } from 'vitest';
import { nextUpdateId, textUpdate } from '../../../test/support/updates.js';
import { openTurnScene } from '../turn/turn-scene.spec-support.js';

const scene = openTurnScene();
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const PNG = Buffer.from('\u0089PNG\r\n', 'latin1');

let files = 0;

/** A photo whose content Telegram has, or that it has no more. */
async function photo(caption: string | undefined, content: Buffer | null, change: object = {}) {
  const id = `photo-${nextUpdateId()}-${++files}`;
  if (content) scene.agent.telegram.keep(id, content);
  const small = { file_id: `${id}-small`, file_unique_id: 'a', width: 90, height: 60, file_size: 900 };
  const large = { file_id: id, file_unique_id: 'b', width: 800, height: 600, file_size: 90_000 };
  const huge = {
    file_id: `${id}-huge`,
    file_unique_id: 'c',
    width: 2_560,
    height: 1_920,
    file_size: 900_000,
  };
  const photo = [small, large, huge];
  const message = { text: undefined, caption, photo, ...change };
  const update = textUpdate(Number(scene.conversation.chatId), '', message);
  await scene.agent.room.event(scene.conversation, '', {}, update);
  return id;
}

const last = () => scene.agent.model.calls.at(-1);

describe('a photo', () => {
  it('is shown to the model by its bytes, in the largest size within bounds, without the token', async () => {
    const id = await photo(scene.word, JPEG);
    await scene.run();
    expect(last()?.pictures).toEqual([`data:image/jpeg;base64,${JPEG.toString('base64')}`]);
    expect(last()?.news).toEqual([`[photo]\n${scene.word}`]);
    expect(scene.agent.telegram.downloads).toContain(id);
    expect(JSON.stringify(last()?.body)).not.toContain(scene.agent.telegram.token);
  });

  it('of another type than it is said to be is shown as what it is', async () => {
    await photo(scene.word, PNG);
    await scene.run();
    expect(last()?.pictures[0]).toMatch(/^data:image\/png;/);
  });

  it('counts for what models charge, not for its bytes', async () => {
    await scene.say('word '.repeat(3_000));
    await scene.run();
    await photo(scene.word, Buffer.concat([JPEG, Buffer.alloc(400_000, 7)]));
    await scene.run();
    expect(last()?.messages.some(({ content }) => content?.includes('word word'))).toBe(true);
  });

  it('of an album is one of several in one turn, with the caption', async () => {
    const album = { media_group_id: scene.word };
    for (const caption of [scene.word, undefined, undefined]) await photo(caption, JPEG, album);
    await scene.agent.room.pool.query(
      `UPDATE events SET received_at = received_at - interval '1 s' WHERE conversation_id = $1`,
      [scene.conversation.id],
    );
    const calls = scene.agent.model.calls.length;
    await scene.run();
    expect(scene.agent.model.calls.length).toBe(calls + 1);
    expect(last()?.pictures).toHaveLength(3);
    expect(last()?.news).toEqual([`[photo]\n${scene.word}`, '[photo]', '[photo]']);
  });

  it('is seen in the turns that follow, and a word after that', async () => {
    await photo(scene.word, JPEG);
    await scene.run();
    for (const question of ['What colour?', 'And now?', 'Who?']) {
      await scene.say(question);
      await scene.run();
      expect(last()?.pictures).toHaveLength(1);
    }
    await scene.say('A fourth question');
    await scene.run();
    expect(last()?.pictures).toHaveLength(1);
    await scene.say('A fifth question');
    await scene.run();
    expect(last()?.pictures).toHaveLength(0);
    expect(last()?.messages.some(({ content }) => content?.startsWith('[photo]'))).toBe(true);
  });

  it('that is gone is said to be missing, and the rest is answered', async () => {
    await photo(scene.word, null);
    await scene.run();
    expect(last()?.news).toEqual([`[photo]\n${scene.word}\n[1 of its pictures could not be loaded]`]);
  });

  it('that cannot be had at the moment puts the turn off', async () => {
    await photo(scene.word, JPEG);
    scene.agent.telegram.failNext({
      method: 'getFile',
      with: { kind: 'answer', status: 500, description: 'Internal Server Error' },
    });
    await scene.run();
    expect(scene.asked()).toHaveLength(0);
    expect(await scene.turns()).toMatchObject([{ state: 'waiting', errorCode: 'FILE_UNAVAILABLE' }]);
    await scene.waitOver();
    await scene.run();
    expect(last()?.pictures).toHaveLength(1);
  });

  it.each([
    { status: 400, message: 'this model does not support image input' },
    { status: 500, message: 'image input is not supported - hint: you may need to provide the mmproj' },
  ])('is left out for a model that takes none: %j', async (refusal) => {
    scene.agent.model.script(scene.word, refusal, { text: 'Blind.' });
    await photo(scene.word, JPEG);
    await scene.run();
    expect(last()?.pictures).toHaveLength(0);
    expect(last()?.news[0]).toContain('[1 pictures, which you cannot see]');
    expect(await scene.history()).toContain('assistant: Blind.');
  });
});
