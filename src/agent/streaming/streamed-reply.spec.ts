import { describe, expect, it } from 'vitest';
import { ChannelMessageId } from '../../channel/ids.js';
import { destinationOf } from '../../channel/destination-of.js';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { eventually } from '../../../test/support/eventually.js';
import { failures } from '../../../test/support/telegram-double.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { openStreamedReplyFixture } from './streamed-reply.fixture.js';
import { MessagePreviewTarget } from './message-preview-target.js';
import { beginningOf } from './streamed-reply.js';

const previewTarget = (messageId: ChannelMessageId | null = null) =>
  new MessagePreviewTarget(
    fixture.agent.channel,
    fixture.drafts,
    fixture.agent.gate,
    fixture.shownTurn,
    messageId,
  );
const fixture = openStreamedReplyFixture(previewTarget);
const { finish, replies } = fixture;

const shown = () => fixture.agent.telegram.textsOf(fixture.chat);
const calls = (method: string) => fixture.agent.telegram.callsOf(method, fixture.chat).length;

function deliver() {
  const { agent } = fixture;
  return delivererOf(agent.room, agent.channel).run(fixture.conversation.id);
}

async function showing(text: string): Promise<void> {
  fixture.streamedReply.write(text);
  await eventually(async () => {
    expect(shown()).toEqual([`${text} ▌`]);
    expect((await fixture.agent.drafts.find(fixture.turn.id))?.state).toBe('shown');
  });
}

describe('A streamed reply', () => {
  it('shows the growing text in one message, which becomes the reply', async () => {
    await showing('Once');
    fixture.streamedReply.note('_looking it up …_');
    await eventually(() => expect(shown()).toEqual(['Once\n\nlooking it up …']));
    await showing('Once upon a time');
    await fixture.streamedReply.end();
    await finish('Once upon a time there was a **bot**.');
    await deliver();
    expect(shown()).toEqual(['Once upon a time there was a bot.']);
    expect(calls('sendMessage')).toBe(1);
    expect(await replies()).toMatchObject([{ state: 'sent', unknownSends: 0 }]);
  });

  it('never shows the exact final text, however long it is', async () => {
    const answer = Array.from({ length: 120 }, (_, line) => `**line ${line}** of _many_ words`).join('\n\n');
    fixture.streamedReply.write(answer);
    await eventually(() => expect(shown()[0]).toMatch(/^line 0 of many words[^]* ▌$/));
    await fixture.streamedReply.end();
    await finish(answer);
    await deliver();
    const refused = fixture.agent.telegram
      .callsOf('editMessageText', fixture.chat)
      .filter((call) => call.refused !== null);
    expect(refused).toEqual([]);
    expect(shown().join('\n')).not.toContain('▌');
  });

  it('shows no draft of an answer that is complete at once', async () => {
    fixture.streamedReply.write('Yes');
    await fixture.streamedReply.end();
    await finish('Yes.');
    await deliver();
    expect(calls('sendMessage')).toBe(1);
    expect(calls('editMessageText')).toBe(0);
  });

  it('repeats the final edit until it succeeds, and the text appears once', async () => {
    await showing('Once');
    await fixture.streamedReply.end();
    await finish('The end.');
    fixture.agent.telegram.failNext({
      method: 'editMessageText',
      chat: fixture.chat,
      times: 2,
      with: failures.resetAfter,
    });
    for (let time = 0; time < 3; time += 1) {
      await fixture.agent.room.pool.query('UPDATE replies SET available_at = now() WHERE turn_id = $1', [
        fixture.turn.id,
      ]);
      await deliver();
    }
    expect(shown()).toEqual(['The end.']);
    expect(await replies()).toMatchObject([{ state: 'sent', unknownSends: 0 }]);
  });

  it('sends the reply as a new message when the draft was deleted', async () => {
    await showing('Once');
    await fixture.streamedReply.end();
    await finish('The end.');
    const gone = failures.badRequest('message to edit not found');
    fixture.agent.telegram.failNext({ method: 'editMessageText', chat: fixture.chat, with: gone });
    await deliver();
    expect(shown()).toEqual(['Once ▌', 'The end.']);
  });

  it('records a draft that may have arrived as a first try of unknown outcome', async () => {
    fixture.agent.telegram.failNext({ method: 'sendMessage', chat: fixture.chat, with: failures.resetAfter });
    fixture.streamedReply.write('Once');
    await eventually(() => expect(shown()).toEqual(['Once ▌']));
    fixture.streamedReply.write('Once upon');
    await fixture.streamedReply.end();
    await finish('The end.');
    await deliver();
    expect(shown()).toEqual(['Once ▌', 'The end.']);
    expect(calls('editMessageText')).toBe(0);
    expect(await replies()).toMatchObject([{ state: 'uncertain' }]);
  });

  it('starts anew when the first message was certainly not sent', async () => {
    fixture.agent.telegram.failNext({
      method: 'sendMessage',
      chat: fixture.chat,
      with: failures.serverError,
    });
    await showing('Once');
    expect(calls('sendMessage')).toBe(2);
  });

  it('does not overtake an earlier reply of the conversation', async () => {
    await fixture.earlierReply();
    fixture.streamedReply.write('Once');
    await eventually(() => expect(fixture.drafts.refused).toBeGreaterThan(0));
    expect(shown()).toEqual([]);
    await deliver();
    await eventually(() => expect(shown()).toEqual(['earlier', 'Once ▌']));
  });

  it('shows nothing more once another holder has the turn', async () => {
    await showing('Once');
    await fixture.agent.room.takeOver(fixture.conversation.id);
    fixture.streamedReply.write('Once upon');
    await eventually(() => expect(fixture.drafts.refused).toBe(1));
    fixture.streamedReply.write('Once upon a time');
    await fixture.streamedReply.end();
    expect(shown()).toEqual(['Once ▌']);
    expect(fixture.drafts.refused).toBe(1);
  });

  it('has the final text sent again when its own last edit may have come after it', async () => {
    await showing('Once');
    const { channelMessageId } = (await fixture.agent.drafts.find(fixture.turn.id)) ?? {};
    fixture.lease = await fixture.agent.room.takeOver(fixture.conversation.id);
    await finish('The end.');
    await deliver();
    // A process that was suspended in its last edit wakes up.
    await fixture.agent.channel.edit(
      destinationOf(fixture.conversation),
      ChannelMessageId(channelMessageId ?? ''),
      fixture.agent.channel.compose('Once upon')[0] ?? {},
      new AbortController().signal,
    );
    expect(shown()).toEqual(['Once upon']);
    fixture.lost.abort(new LeaseLostError('the turn'));
    await fixture.streamedReply.end();
    await deliver();
    expect(shown()).toEqual(['The end.']);
  });

  it('continues in the message of an earlier run', async () => {
    await showing('Once');
    await fixture.streamedReply.end();
    const draft = await fixture.agent.drafts.find(fixture.turn.id);
    fixture.show(previewTarget(ChannelMessageId(draft?.channelMessageId ?? '')));
    await showing('Once more');
    expect(calls('sendMessage')).toBe(1);
  });
});

/** A channel whose messages hold this many characters, with the texts it was asked to compose. */
function channelOf(holds: number) {
  const composed: string[] = [];
  const compose = (text: string) => {
    composed.push(text);
    return Array.from({ length: Math.max(1, Math.ceil(text.length / holds)) }, () => ({ text }));
  };
  return { compose, composed };
}

describe('beginningOf', () => {
  it('is a whole text that one message holds, and its cursor', () => {
    expect(beginningOf('Once', ' ▌', channelOf(4_096))).toEqual({ text: 'Once ▌' });
  });

  it('is most of one message’s length for a longer text', () => {
    const { text = '' } = beginningOf('x'.repeat(50_000), ' ▌', channelOf(4_096)) ?? {};
    expect(String(text).length).toBeGreaterThan(2_500);
    expect(String(text).length).toBeLessThanOrEqual(4_096);
    expect(text).toMatch(/^x+ ▌$/);
  });

  it('takes the same time however long the text has become', () => {
    const costOf = (length: number) => {
      const channel = channelOf(4_096);
      beginningOf('x'.repeat(length), '', channel);
      return channel.composed.reduce((sum, text) => sum + text.length, 0);
    };
    expect(costOf(100_000)).toBe(costOf(15_000));
  });
});
