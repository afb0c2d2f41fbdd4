import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { describe, expect, it } from 'vitest';
import { StreamedCompletion } from './streamed-completion.js';

type Delta = ChatCompletionChunk.Choice.Delta;

const chunk = (
  delta: Delta,
  finish: ChatCompletionChunk.Choice['finish_reason'] = null,
): ChatCompletionChunk => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

function streamed(...chunks: ChatCompletionChunk[]): StreamedCompletion {
  const completion = new StreamedCompletion();
  for (const one of chunks) completion.add(one);
  return completion;
}

describe('StreamedCompletion', () => {
  it('joins the text, and reports when there is more of it', () => {
    const completion = new StreamedCompletion();
    expect(completion.add(chunk({ role: 'assistant', content: '' }))).toBe(false);
    expect(completion.add(chunk({ content: 'Hel' }))).toBe(true);
    expect(completion.text).toBe('Hel');
    completion.add(chunk({ content: 'lo' }));
    completion.add(chunk({}, 'stop'));
    expect(completion.completion().choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'Hello', refusal: null },
    });
  });

  it('assembles several calls whose pieces are interleaved', () => {
    const call = (index: number, id: string | undefined, given: string, name?: string): Delta => ({
      tool_calls: [
        { index, ...(id ? { id } : {}), function: { arguments: given, ...(name ? { name } : {}) } },
      ],
    });
    const { choices } = streamed(
      chunk(call(0, 'a', '', 'one')),
      chunk(call(1, 'b', '', 'two')),
      chunk(call(1, undefined, '{"x":')),
      chunk(call(0, undefined, '{}')),
      chunk(call(1, undefined, '1}')),
      chunk({}, 'tool_calls'),
    ).completion();
    expect(choices[0]?.message).toMatchObject({
      content: null,
      tool_calls: [
        { id: 'a', function: { name: 'one', arguments: '{}' } },
        { id: 'b', function: { name: 'two', arguments: '{"x":1}' } },
      ],
    });
  });

  it('separates calls to which a server gives the same index', () => {
    const whole = (id: string, name: string, given: string): Delta => ({
      tool_calls: [{ index: 0, id, function: { name, arguments: given } }],
    });
    const { choices } = streamed(
      chunk(whole('a', 'one', '{"x":1}')),
      chunk(whole('b', 'one', '{"x"')),
      // Some give every piece an id, but only the first of a call its name.
      chunk({ tool_calls: [{ index: 0, id: 'c', function: { arguments: ':2}' } }] }),
      chunk({}, 'tool_calls'),
    ).completion();
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { id: 'a', function: { name: 'one', arguments: '{"x":1}' } },
      { id: 'b', function: { name: 'one', arguments: '{"x":2}' } },
    ]);
  });

  it('reads the usage from the last chunk, which has no choice', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const completion = streamed(chunk({ content: 'x' }, 'stop'), { ...chunk({}), choices: [], usage });
    expect(completion.completion().usage).toEqual(usage);
  });

  it('is no completion before its end', () => {
    expect(() => streamed().completion()).toThrow(/ended before/);
    expect(() => streamed(chunk({ content: 'half an' })).completion()).toThrow(/ended before/);
  });
});
