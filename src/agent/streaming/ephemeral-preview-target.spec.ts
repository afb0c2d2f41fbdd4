import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { failures } from '../../../test/support/telegram-double.js';
import { openStreamedReplyFixture } from './streamed-reply.fixture.js';
import { previewIdOf } from './preview-target.js';
import { EphemeralPreviewTarget } from './ephemeral-preview-target.js';

class Brief extends EphemeralPreviewTarget {
  override readonly lastsMs = 100;
}

const previewTarget = (Kind: typeof EphemeralPreviewTarget = EphemeralPreviewTarget) =>
  new Kind(fixture.agent.channel.previews, fixture.drafts, fixture.shownTurn, false);
const fixture = openStreamedReplyFixture(previewTarget);
const { finish, replies } = fixture;

const shown = () => fixture.agent.telegram.callsOf('sendMessageDraft', fixture.chat);
const draft = () => fixture.agent.telegram.draftOf(fixture.chat);

async function showing(text: string): Promise<void> {
  fixture.streamedReply.write(text);
  await eventually(() => expect(draft()).toBe(text));
}

describe('A preview', () => {
  it('shows the streamed reply under one number, and can be stopped', async () => {
    await showing('Once');
    await showing('Once upon');
    const params = { draft_id: previewIdOf(fixture.turn.id), can_stop: true, keep_on_stop: true };
    expect(shown().map((call) => call.params)).toEqual([
      expect.objectContaining(params),
      expect.objectContaining(params),
    ]);
    expect(fixture.agent.telegram.textsOf(fixture.chat)).toEqual([]);
  });

  it('leaves the reply to be sent as any other, as a new message without earlier tries', async () => {
    await showing('Once');
    await fixture.streamedReply.end();
    await finish('The end.');
    expect(await replies()).toMatchObject([{ state: 'pending', unknownSends: 0, channelMessageId: null }]);
    expect(await fixture.agent.drafts.find(fixture.turn.id)).toBeNull();
  });

  it('is shown again before it disappears, while the text does not change', async () => {
    fixture.show(previewTarget(Brief));
    await showing('Once');
    fixture.streamedReply.note('_looking it up …_');
    const noted = 'Once\n\nlooking it up …';
    await eventually(() => expect(draft()).toBe(noted));
    const before = shown().length;
    await eventually(() => expect(shown().length).toBeGreaterThan(before + 2));
    expect(draft()).toBe(noted);
  });

  it('waits as long as Telegram asks, and ends where it refuses, without an effect on the turn', async () => {
    fixture.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: fixture.chat,
      with: failures.limited(1),
    });
    await showing('Once');
    const [limited, next] = shown();
    expect((next?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(1_000);

    fixture.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: fixture.chat,
      with: failures.blocked,
    });
    fixture.streamedReply.write('Once upon');
    await eventually(async () => expect(await fixture.agent.drafts.find(fixture.turn.id)).toBeNull());
    fixture.streamedReply.write('Once upon a time');
    await fixture.streamedReply.end();
    expect(shown()).toHaveLength(3);
    expect(await finish('The end.')).toMatchObject({ replied: true });
  });

  it('continues through temporary failures', async () => {
    fixture.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: fixture.chat,
      with: failures.serverError,
    });
    fixture.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: fixture.chat,
      with: failures.resetBefore,
    });
    await showing('Once');
    expect(shown()).toHaveLength(3);
  });

  it('does not overtake an earlier reply of the conversation', async () => {
    await fixture.earlierReply();
    fixture.streamedReply.write('Once');
    await eventually(() => expect(fixture.drafts.refused).toBeGreaterThan(0));
    await fixture.streamedReply.end();
    expect(shown()).toEqual([]);
  });

  it('shows nothing more once another holder has the turn', async () => {
    await showing('Once');
    await fixture.agent.room.takeOver(fixture.conversation.id);
    fixture.streamedReply.write('Once upon');
    await eventually(() => expect(fixture.drafts.refused).toBe(1));
    await fixture.streamedReply.end();
    expect(draft()).toBe('Once');
  });
});
