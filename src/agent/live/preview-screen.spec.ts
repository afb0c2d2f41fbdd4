import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { failures } from '../../../test/support/telegram-double.js';
import { openLiveScene } from './live-scene.spec-support.js';
import { previewIdOf } from './preview-id.js';
import { PreviewScreen } from './preview-screen.js';

class Brief extends PreviewScreen {
  override readonly lastsMs = 100;
}

const screen = (Kind: typeof PreviewScreen = PreviewScreen) =>
  new Kind(scene.agent.channel, scene.drafts, scene.shownTurn, false);
const scene = openLiveScene(screen);
const { finish, replies } = scene;

const shown = () => scene.agent.telegram.callsOf('sendMessageDraft', scene.chat);
const draft = () => scene.agent.telegram.draftOf(scene.chat);

async function showing(text: string): Promise<void> {
  scene.live.write(text);
  await eventually(() => expect(draft()).toBe(text));
}

describe('A preview', () => {
  it('shows what is written under one number, and can be stopped', async () => {
    await showing('Once');
    await showing('Once upon');
    const params = { draft_id: previewIdOf(scene.turn.id), can_stop: true, keep_on_stop: true };
    expect(shown().map((call) => call.params)).toEqual([
      expect.objectContaining(params),
      expect.objectContaining(params),
    ]);
    expect(scene.agent.telegram.textsOf(scene.chat)).toEqual([]);
  });

  it('leaves the reply to be sent as any other, as a new message of unknown tries', async () => {
    await showing('Once');
    await scene.live.end();
    await finish('The end.');
    expect(await replies()).toMatchObject([{ state: 'pending', unknownSends: 0, channelMessageId: null }]);
    expect(await scene.agent.drafts.find(scene.turn.id)).toBeNull();
  });

  it('is shown again before it is gone, while nothing new is written', async () => {
    scene.show(screen(Brief));
    await showing('Once');
    scene.live.note('_looking it up …_');
    const noted = 'Once\n\nlooking it up …';
    await eventually(() => expect(draft()).toBe(noted));
    const before = shown().length;
    await eventually(() => expect(shown().length).toBeGreaterThan(before + 2));
    expect(draft()).toBe(noted);
  });

  it('waits as long as Telegram asks, and ends where it refuses; the turn does not care', async () => {
    scene.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: scene.chat,
      with: failures.limited(1),
    });
    await showing('Once');
    const [limited, next] = shown();
    expect((next?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(1_000);

    scene.agent.telegram.failNext({ method: 'sendMessageDraft', chat: scene.chat, with: failures.blocked });
    scene.live.write('Once upon');
    await eventually(async () => expect(await scene.agent.drafts.find(scene.turn.id)).toBeNull());
    scene.live.write('Once upon a time');
    await scene.live.end();
    expect(shown()).toHaveLength(3);
    expect(await finish('The end.')).toBe(true);
  });

  it('goes on through failures of the moment', async () => {
    scene.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: scene.chat,
      with: failures.serverError,
    });
    scene.agent.telegram.failNext({
      method: 'sendMessageDraft',
      chat: scene.chat,
      with: failures.resetBefore,
    });
    await showing('Once');
    expect(shown()).toHaveLength(3);
  });

  it('does not overtake an earlier reply of the conversation', async () => {
    await scene.earlierReply();
    scene.live.write('Once');
    await eventually(() => expect(scene.drafts.refused).toBeGreaterThan(0));
    await scene.live.end();
    expect(shown()).toEqual([]);
  });

  it('shows nothing more once somebody else has the turn', async () => {
    await showing('Once');
    await scene.agent.room.takeOver(scene.conversation.id);
    scene.live.write('Once upon');
    await eventually(() => expect(scene.drafts.refused).toBe(1));
    await scene.live.end();
    expect(draft()).toBe('Once');
  });
});
