import * as fc from 'fast-check';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { describe, expect, it } from 'vitest';
import { readChatRequest } from '../../playground/chat-completions/chat-request.js';
import { sendableCalls } from './sendable-calls.js';

const ANY = 'https://models.example/v1';

interface Given {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

const call = (change: Partial<Given> = {}): Given => ({
  id: 'call_1',
  name: 'look',
  arguments: '{}',
  ...change,
});

/** An answer that calls tools, and their results. */
function called(...calls: Given[]): ChatCompletionMessageParam[] {
  return [
    {
      role: 'assistant',
      content: null,
      tool_calls: calls.map(({ id, name, arguments: given }) => ({
        id,
        type: 'function',
        function: { name, arguments: given },
      })),
    },
    ...calls.map(({ id, name }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `result of ${name}`,
    })),
  ];
}

/** Every call as it is sent, with the result that is sent for its id. */
function sent(messages: readonly ChatCompletionMessageParam[], baseUrl = ANY) {
  const sendable = sendableCalls(messages, baseUrl);
  return sendable.flatMap((message, at) => {
    if (message.role !== 'assistant') return [];
    return (message.tool_calls ?? []).flatMap((one) => {
      if (one.type !== 'function') return [];
      const result = sendable
        .slice(at)
        .find((other) => other.role === 'tool' && other.tool_call_id === one.id);
      return [{ id: one.id, ...one.function, result: result?.content }];
    });
  });
}

describe('sendableCalls', () => {
  it('leaves calls alone that every server accepts', () => {
    const messages: ChatCompletionMessageParam[] = [
      { role: 'user', content: 'hi' },
      ...called(call({ arguments: '{"a": 1}' }), call({ id: 'call_2' })),
      { role: 'assistant', content: 'hello' },
    ];
    expect(sendableCalls(messages, ANY)).toEqual(messages);
  });

  it('gives each call an id of its own, and its result the same', () => {
    const calls = sent([
      ...called(call({ id: '', name: 'a' }), call({ id: '', name: 'b' }), call({ id: 'é ü', name: 'c' })),
      ...called(call({ id: 'x', name: 'd' }), call({ id: 'x', name: 'e' })),
      ...called(call({ id: 'x', name: 'f' })),
    ]);
    expect(calls.map(({ result }) => result)).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `result of ${name}`),
    );
    expect(new Set(calls.map(({ id }) => id)).size).toBe(6);
    expect(calls[3]?.id).toBe('x');
    for (const { id } of calls) expect(id).toMatch(/^[\w-]{1,64}$/);
  });

  it('gives Mistral the only ids that it accepts', () => {
    const messages = [...called(call()), ...called(call({ id: 'abcDEF123' }))];
    const [one, other] = sent(messages, 'https://api.mistral.ai/v1');
    expect(one?.id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(one?.result).toBe('result of look');
    expect(other?.id).toBe('abcDEF123');
  });

  it.each([
    ['', '{}'],
    ['  ', '{}'],
    ['{"a":', '{"not_an_object":"{\\"a\\":"}'],
    ['[1]', '{"not_an_object":"[1]"}'],
    ['null', '{"not_an_object":"null"}'],
  ])('sends an object for the arguments %j', (given, arguments_) => {
    expect(sent(called(call({ arguments: given })))).toMatchObject([{ arguments: arguments_ }]);
  });

  it.each([
    ['functions.look', 'functions_look'],
    ['', 'unnamed'],
    ['x'.repeat(70), 'x'.repeat(64)],
  ])('sends a name for %j', (given, name) => {
    expect(sent(called(call({ name: given })))).toMatchObject([{ name }]);
  });

  it('makes any call of a model acceptable to a strict server, always the same way', () => {
    const anything = fc.record({ id: fc.string(), name: fc.string(), arguments: fc.string() });
    const answers = fc.array(fc.array(anything, { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(answers, (given) => {
        const messages = given.flatMap((calls) => called(...calls));
        const sendable = sendableCalls(messages, ANY);
        expect(readChatRequest({ model: 'm', messages: sendable })).not.toBeTypeOf('string');
        expect(sendableCalls(messages, ANY)).toEqual(sendable);
        expect(sendableCalls(sendable, ANY)).toEqual(sendable);
        for (const one of sent(messages)) {
          expect(one.name).toMatch(/^[\w-]{1,64}$/);
          expect(JSON.parse(one.arguments)).toBeTypeOf('object');
        }
      }),
    );
  });
});
