import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { TRIGGER_SOURCE } from '../../channel/event-source.js';
import { externalIdOf, writeTriggerEvent } from '../../triggers/trigger-event.js';
import { type TurnTerms, usualTerms } from '../../triggers/turn-terms.js';
import { StaySilentTool } from '../tools/built-in/stay-silent.tool.js';
import { Tool } from '../tools/tool.decorator.js';
import { TurnRun } from '../turns/turn-run.js';
import { openTurnFixture } from './turn.fixture.js';

class Nothing {}

/** `look` changes nothing; `send` does. */
class SampleTools {
  sent = 0;

  @Tool({ name: 'look', description: 'Looks.', parameters: Nothing, sideEffects: false })
  look(): string {
    return 'seen';
  }

  @Tool({ name: 'send', description: 'Sends.', parameters: Nothing })
  send(): string {
    this.sent += 1;
    return 'sent';
  }
}

const fixture = openTurnFixture([SampleTools, StaySilentTool]);
const { run, say, turns, replies, history, states } = fixture;
const script = (...answers: Parameters<typeof fixture.agent.model.script>[1][]) =>
  fixture.agent.model.script(fixture.word, ...answers);
const call = (...names: string[]) => ({ calls: names.map((name) => ({ name, arguments: {} })) });
const toolsOf = (index: number) => fixture.asked()[index]?.tools?.map((tool) => tool.function.name);

beforeEach(() => {
  fixture.agent.get(SampleTools).sent = 0;
});

/** Puts a message of a trigger into the inbox. */
async function webhook(text: string, terms: Partial<TurnTerms> = {}): Promise<void> {
  const { room } = fixture.agent;
  const triggerId = room.ids.next();
  const event = {
    triggerId,
    trigger: 'alerts',
    source: 'alertmanager',
    key: null,
    instruction: 'Tell what is wrong.',
    terms: { ...usualTerms, ...terms },
    text: `${fixture.word} ${text}`,
  };
  await room.prisma.event.create({
    data: {
      source: TRIGGER_SOURCE,
      externalId: externalIdOf(triggerId, 1n),
      conversationId: fixture.conversation.id,
      kind: 'message',
      payload: JSON.parse(writeTriggerEvent(event)),
    },
  });
}

describe('A turn of a trigger', () => {
  it('may end without a message, which its record shows', async () => {
    await webhook('all is well');
    script(call('stay_silent'));
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(toolsOf(0)).toContain('stay_silent');
    expect(await turns()).toMatchObject([{ state: 'done', errorCode: 'STAYED_SILENT', model: 'double' }]);
    expect(await replies()).toEqual([]);
    expect(await states()).toEqual(['done']);
    expect((await history()).map((line) => line.slice(0, 6))).toEqual(['user: ']);
    expect(fixture.asked()).toHaveLength(1);
    expect(await fixture.agent.room.prisma.step.findMany({ orderBy: { index: 'asc' } })).toMatchObject([
      { kind: 'model' },
      { kind: 'tool', name: 'stay_silent', error: null },
    ]);
  });

  it('stays silent beside other calls, and in a blocked chat, and wakes what waits behind it', async () => {
    await webhook('all is well', { model: 'other' });
    await webhook('and on');
    script(call('look', 'stay_silent'), call('stay_silent'));
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: false });
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await fixture.setStatus('blocked');
    hold.release();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await turns()).toMatchObject([
      { state: 'done', errorCode: 'STAYED_SILENT' },
      { state: 'cancelled', errorCode: 'CHAT_BLOCKED' },
    ]);
    expect(await replies()).toEqual([]);
  });

  it('shares no turn with messages on other terms', async () => {
    await webhook('one', { tools: ['look'] });
    await webhook('two', { tools: ['look'] });
    await say(`${fixture.word} three`);
    await run();
    await run();
    expect((await turns()).length).toBe(2);
    expect(toolsOf(0)).toEqual(['look', 'stay_silent']);
    expect(toolsOf(1)).toEqual(['look', 'send']);
    expect(fixture.asked()[0]?.messages.filter(({ role }) => role === 'user')).toHaveLength(2);
  });

  it('is neither joined nor interrupted by messages on other terms', async () => {
    const { agent } = fixture;
    await webhook('news', { unaskedTools: ['send'] });
    const lease = await agent.room.lease(fixture.conversation.id);
    const state = await agent.laneStates.read(fixture.conversation.id);
    const claimed = state && (await agent.claim.next(lease, state));
    if (claimed?.kind !== 'turn') throw new Error('a turn was claimed');
    const inSpite = TurnRun.forClaim(lease, fixture.conversation, claimed);
    const usual = new TurnRun(lease, fixture.conversation, claimed.turn, [], null);
    await say(`${fixture.word} what is new?`);
    expect(await agent.claim.join(inSpite, 1)).toEqual([]);
    expect(await agent.claim.interrupting(inSpite, fixture.conversation, 0n)).toMatchObject({
      kind: 'nothing',
    });
    expect(await agent.claim.interrupting(usual, fixture.conversation, 0n)).toMatchObject({ kind: 'ready' });
    expect(await agent.claim.join(usual, 1)).toHaveLength(1);
  });

  it('asks the model that its trigger names', async () => {
    await webhook('news', { model: 'double-2' });
    await run();
    expect(fixture.asked()[0]?.model).toBe('double-2');
    await say(`${fixture.word} and now?`);
    await run();
    expect(fixture.asked()[1]?.model).not.toBe('double-2');
  });

  it('asks a person before a side effect, unless its trigger allows it', async () => {
    await webhook('send it!');
    script(call('send'));
    await run();
    expect(await turns()).toMatchObject([{ state: 'parked' }]);
    expect(fixture.agent.get(SampleTools).sent).toBe(0);
    await fixture.begin();
    await webhook('send it!', { unaskedTools: ['se*'] });
    script(call('send'), { text: 'Sent.' });
    await run();
    expect(await turns()).toMatchObject([{ state: 'done' }]);
    expect(fixture.agent.get(SampleTools).sent).toBe(1);
    // Its text from outside gives no person's turn that permission.
    await say(`${fixture.word} thanks`);
    script(call('send'));
    await run();
    expect(fixture.agent.get(SampleTools).sent).toBe(1);
  });
});

describe('A turn of a person', () => {
  it('cannot end without a message', async () => {
    await say(`${fixture.word} hello`);
    script(call('stay_silent'), { text: 'Hello.' });
    await run();
    expect(toolsOf(0)).not.toContain('stay_silent');
    expect(await turns()).toMatchObject([{ state: 'done', errorCode: null }]);
    expect((await history()).at(-1)).toBe('assistant: Hello.');
  });
});
