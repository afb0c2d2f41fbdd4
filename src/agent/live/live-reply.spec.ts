import { describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { eventually } from '../../../test/support/eventually.js';
import { failures } from '../../../test/support/telegram-double.js';
import { LeaseLostError } from '../../errors/errors.js';
import { openLiveScene } from './live-scene.spec-support.js';
import { MessageScreen } from './message-screen.js';

const screen = (messageId: bigint | null = null) =>
  new MessageScreen(scene.agent.channel, scene.drafts, scene.agent.gate, scene.shownTurn, messageId);
const scene = openLiveScene(screen);
const { finish, replies } = scene;

const shown = () => scene.agent.telegram.textsOf(scene.chat);
const calls = (method: string) => scene.agent.telegram.callsOf(method, scene.chat).length;

function deliver() {
  const { agent } = scene;
  return delivererOf(agent.room, agent.channel).run(scene.conversation.id);
}

async function showing(text: string): Promise<void> {
  scene.live.write(text);
  await eventually(async () => {
    expect(shown()).toEqual([`${text} ▌`]);
    expect((await scene.agent.drafts.find(scene.turn.id))?.state).toBe('shown');
  });
}

describe('LiveReply', () => {
  it('shows what is written in one message, and the reply takes it over', async () => {
    await showing('Once');
    scene.live.note('_looking it up …_');
    await eventually(() => expect(shown()).toEqual(['Once\n\nlooking it up …']));
    await showing('Once upon a time');
    await scene.live.end();
    await finish('Once upon a time there was a **bot**.');
    await deliver();
    expect(shown()).toEqual(['Once upon a time there was a bot.']);
    expect(calls('sendMessage')).toBe(1);
    expect(await replies()).toMatchObject([{ state: 'sent', unknownSends: 0 }]);
  });

  it('never says just what the answer says, however long that is', async () => {
    const answer = Array.from({ length: 120 }, (_, line) => `**line ${line}** of _many_ words`).join('\n\n');
    scene.live.write(answer);
    await eventually(() => expect(shown()[0]).toMatch(/^line 0 of many words[^]* ▌$/));
    await scene.live.end();
    await finish(answer);
    await deliver();
    const refused = scene.agent.telegram
      .callsOf('editMessageText', scene.chat)
      .filter((call) => call.refused !== null);
    expect(refused).toEqual([]);
    expect(shown().join('\n')).not.toContain('▌');
  });

  it('shows nothing of an answer that is whole at once', async () => {
    scene.live.write('Yes');
    await scene.live.end();
    await finish('Yes.');
    await deliver();
    expect(calls('sendMessage')).toBe(1);
    expect(calls('editMessageText')).toBe(0);
  });

  it('repeats the final edit until it holds, and the text appears once', async () => {
    await showing('Once');
    await scene.live.end();
    await finish('The end.');
    scene.agent.telegram.failNext({
      method: 'editMessageText',
      chat: scene.chat,
      times: 2,
      with: failures.resetAfter,
    });
    for (let time = 0; time < 3; time += 1) {
      await scene.agent.room.pool.query('UPDATE replies SET available_at = now() WHERE turn_id = $1', [
        scene.turn.id,
      ]);
      await deliver();
    }
    expect(shown()).toEqual(['The end.']);
    expect(await replies()).toMatchObject([{ state: 'sent', unknownSends: 0 }]);
  });

  it('sends the reply as a new message where the draft was deleted', async () => {
    await showing('Once');
    await scene.live.end();
    await finish('The end.');
    const gone = failures.badRequest('message to edit not found');
    scene.agent.telegram.failNext({ method: 'editMessageText', chat: scene.chat, with: gone });
    await deliver();
    expect(shown()).toEqual(['Once ▌', 'The end.']);
  });

  it('records a draft that may be there as a first try of unknown outcome', async () => {
    scene.agent.telegram.failNext({ method: 'sendMessage', chat: scene.chat, with: failures.resetAfter });
    scene.live.write('Once');
    await eventually(() => expect(shown()).toEqual(['Once ▌']));
    scene.live.write('Once upon');
    await scene.live.end();
    await finish('The end.');
    await deliver();
    expect(shown()).toEqual(['Once ▌', 'The end.']);
    expect(calls('editMessageText')).toBe(0);
    expect(await replies()).toMatchObject([{ state: 'uncertain' }]);
  });

  it('begins anew where the first message was certainly not sent', async () => {
    scene.agent.telegram.failNext({ method: 'sendMessage', chat: scene.chat, with: failures.serverError });
    await showing('Once');
    expect(calls('sendMessage')).toBe(2);
  });

  it('does not overtake an earlier reply of the conversation', async () => {
    await scene.earlierReply();
    scene.live.write('Once');
    await eventually(() => expect(scene.drafts.refused).toBeGreaterThan(0));
    expect(shown()).toEqual([]);
    await deliver();
    await eventually(() => expect(shown()).toEqual(['earlier', 'Once ▌']));
  });

  it('shows nothing more once somebody else has the turn', async () => {
    await showing('Once');
    await scene.agent.room.takeOver(scene.conversation.id);
    scene.live.write('Once upon');
    await eventually(() => expect(scene.drafts.refused).toBe(1));
    scene.live.write('Once upon a time');
    await scene.live.end();
    expect(shown()).toEqual(['Once ▌']);
    expect(scene.drafts.refused).toBe(1);
  });

  it('has the final text put in again where its own last edit may have come after it', async () => {
    await showing('Once');
    const { channelMessageId } = (await scene.agent.drafts.find(scene.turn.id)) ?? {};
    scene.lease = await scene.agent.room.takeOver(scene.conversation.id);
    await finish('The end.');
    await deliver();
    // A process that was suspended in its last edit wakes up.
    await scene.agent.channel.edit(
      scene.conversation,
      channelMessageId ?? 0n,
      scene.agent.channel.compose('Once upon')[0] ?? {},
      new AbortController().signal,
    );
    expect(shown()).toEqual(['Once upon']);
    scene.lost.abort(new LeaseLostError('the turn'));
    await scene.live.end();
    await deliver();
    expect(shown()).toEqual(['The end.']);
  });

  it('goes on in the message of an earlier run', async () => {
    await showing('Once');
    await scene.live.end();
    const draft = await scene.agent.drafts.find(scene.turn.id);
    scene.show(screen(draft?.channelMessageId));
    await showing('Once more');
    expect(calls('sendMessage')).toBe(1);
  });
});
