import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { bookOf } from '../../../../test/support/book-tool.js';
import { readChatRequest } from '../../../playground/chat-completions/chat-request.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open({ tools: [bookOf('a page')] });
});
afterAll(() => agent.close());

describe('A model whose tool calls a strict server would refuse', () => {
  it('gets them back in an accepted form, in this turn and in all later ones', async () => {
    const conversation = await agent.room.conversation();
    const call = (id: string, name: string, given: string) => ({
      type: 'function',
      id,
      function: { name, arguments: given },
    });
    const calls = [
      call('', 'functions.look up', '{"a":'),
      call('same', 'book', ''),
      call('same', 'book', '7'),
    ];
    const message = { role: 'assistant', content: null, tool_calls: calls };
    agent.model.script(
      'odd one',
      { raw: JSON.stringify({ choices: [{ finish_reason: 'stop', message }] }) },
      { text: 'Well.' },
    );
    for (const text of ['odd one', 'odd two']) {
      await agent.room.event(conversation, text);
      await agent.runner().run(conversation.id);
    }
    const [, second, third] = agent.model.calls;
    for (const asked of [second, third]) {
      expect(readChatRequest(asked?.body)).not.toBeTypeOf('string');
      const sent = asked?.messages.flatMap(({ tool_calls: made }) => made ?? []) ?? [];
      expect(new Set(sent.map(({ id }) => id)).size).toBe(calls.length);
      expect(sent.map((one) => one.function.name)).toEqual(['functions_look_up', 'book', 'book']);
    }
    // The requests of a turn keep their beginning word for word, so that it stays cached.
    expect(JSON.stringify(third?.messages)).toContain(JSON.stringify(second?.messages.slice(2)).slice(1, -1));
  });
});
