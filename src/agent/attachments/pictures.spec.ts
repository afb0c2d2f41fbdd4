import { describe, expect, it } from 'vitest';
import { nextUpdateId, textUpdate } from '../../../test/support/updates.js';
import { openTurnFixture } from '../loop/turn.fixture.js';

const fixture = openTurnFixture();
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const PNG = Buffer.from('\u0089PNG\r\n', 'latin1');

let files = 0;

/** A photo whose content Telegram has, or has no longer. */
async function photo(caption: string | undefined, content: Buffer | null, change: object = {}) {
  const id = `photo-${nextUpdateId()}-${++files}`;
  if (content) fixture.agent.telegram.keep(id, content);
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
  const update = textUpdate(Number(fixture.conversation.chatId), '', message);
  await fixture.agent.room.event(fixture.conversation, '', {}, update);
  return id;
}

const last = () => fixture.agent.model.calls.at(-1);

describe('A photo', () => {
  it('is shown to the model by its bytes, in the largest size within bounds, without the token', async () => {
    const id = await photo(fixture.word, JPEG);
    await fixture.run();
    expect(last()?.pictures).toEqual([`data:image/jpeg;base64,${JPEG.toString('base64')}`]);
    expect(last()?.news).toEqual([`[photo]\n${fixture.word}`]);
    expect(fixture.agent.telegram.downloads).toContain(id);
    expect(JSON.stringify(last()?.body)).not.toContain(fixture.agent.telegram.token);
  });

  it('of another type than declared is shown as its real type', async () => {
    await photo(fixture.word, PNG);
    await fixture.run();
    expect(last()?.pictures[0]).toMatch(/^data:image\/png;/);
  });

  it('counts by the models’ price for a picture, not by its bytes', async () => {
    await fixture.say('word '.repeat(3_000));
    await fixture.run();
    await photo(fixture.word, Buffer.concat([JPEG, Buffer.alloc(400_000, 7)]));
    await fixture.run();
    expect(last()?.messages.some(({ content }) => content?.includes('word word'))).toBe(true);
  });

  it('of an album is one of several in one turn, with the caption', async () => {
    const album = { media_group_id: fixture.word };
    for (const caption of [fixture.word, undefined, undefined]) await photo(caption, JPEG, album);
    await fixture.agent.room.pool.query(
      `UPDATE events SET received_at = received_at - interval '1 s' WHERE conversation_id = $1`,
      [fixture.conversation.id],
    );
    const calls = fixture.agent.model.calls.length;
    await fixture.run();
    expect(fixture.agent.model.calls.length).toBe(calls + 1);
    expect(last()?.pictures).toHaveLength(3);
    expect(last()?.news).toEqual([`[photo]\n${fixture.word}`, '[photo]', '[photo]']);
  });

  it('is shown in the following turns, and is a word in later ones', async () => {
    await photo(fixture.word, JPEG);
    await fixture.run();
    for (const question of ['What colour?', 'And now?', 'Who?']) {
      await fixture.say(question);
      await fixture.run();
      expect(last()?.pictures).toHaveLength(1);
    }
    await fixture.say('A fourth question');
    await fixture.run();
    expect(last()?.pictures).toHaveLength(1);
    await fixture.say('A fifth question');
    await fixture.run();
    expect(last()?.pictures).toHaveLength(0);
    expect(last()?.messages.some(({ content }) => content?.startsWith('[photo]'))).toBe(true);
  });

  it('is reported as missing when it is gone, and the rest is answered', async () => {
    await photo(fixture.word, null);
    await fixture.run();
    expect(last()?.news).toEqual([`[photo]\n${fixture.word}\n[1 of its pictures could not be loaded]`]);
  });

  it('defers the turn when it cannot be fetched at the moment', async () => {
    await photo(fixture.word, JPEG);
    fixture.agent.telegram.failNext({
      method: 'getFile',
      with: { kind: 'answer', status: 500, description: 'Internal Server Error' },
    });
    await fixture.run();
    expect(fixture.asked()).toHaveLength(0);
    expect(await fixture.turns()).toMatchObject([{ state: 'waiting', errorCode: 'FILE_UNAVAILABLE' }]);
    await fixture.waitOver();
    await fixture.run();
    expect(last()?.pictures).toHaveLength(1);
  });

  it.each([
    { status: 400, message: 'this model does not support image input' },
    { status: 500, message: 'image input is not supported - hint: you may need to provide the mmproj' },
  ])('is left out for a model without vision: %j', async (refusal) => {
    fixture.agent.model.script(fixture.word, refusal, { text: 'Blind.' });
    await photo(fixture.word, JPEG);
    await fixture.run();
    expect(last()?.pictures).toHaveLength(0);
    expect(last()?.news[0]).toContain('[1 pictures, which you cannot see]');
    expect(await fixture.history()).toContain('assistant: Blind.');
  });
});
