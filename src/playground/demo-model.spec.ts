import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DemoModel } from './demo-model.js';

let model: DemoModel;
let client: OpenAI;

beforeEach(async () => {
  model = await DemoModel.start({ latencyMs: 0 });
  client = new OpenAI({ baseURL: model.baseUrl, apiKey: 'any', maxRetries: 0 });
});

afterEach(() => model.stop());

const calculate = {
  type: 'function' as const,
  function: { name: 'calculate', parameters: { type: 'object', properties: {} } },
};

const ask = (messages: ChatCompletionMessageParam[]) =>
  client.chat.completions.create({ model: 'demo-model', messages, tools: [calculate] });

describe('The demo model over HTTP', () => {
  it('serves the official client: a call, its result, an answer', async () => {
    const question: ChatCompletionMessageParam = { role: 'user', content: '6*7' };
    const first = (await ask([question])).choices[0];
    expect(first).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const [call] = first?.message.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: 'calculate', arguments: '{"expression":"6*7"}' } });

    const second = await ask([
      question,
      { role: 'assistant', tool_calls: first?.message.tool_calls },
      { role: 'tool', tool_call_id: call?.id ?? '', content: '42' },
    ]);
    expect(second.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '(demo) `6*7` is **42**.' },
    });
    expect(second.usage?.total_tokens).toBeGreaterThan(0);
    expect(model.requests).toHaveLength(2);
  });

  it('streams the same answer', async () => {
    const stream = client.chat.completions.stream({
      model: 'demo-model',
      messages: [
        { role: 'user', content: '6*7' },
        { role: 'user', content: '“👩‍👩‍👧‍👦”' },
      ],
      tools: [calculate],
    });
    expect((await stream.finalChatCompletion()).choices[0]?.message.tool_calls).toHaveLength(1);

    const words = client.chat.completions.stream({
      model: 'demo-model',
      messages: [{ role: 'user', content: '👩‍👩‍👧‍👦'.repeat(10) }],
    });
    expect(await words.finalContent()).toContain('👩‍👩‍👧‍👦'.repeat(10));
  });

  it('lists itself as a model', async () => {
    expect((await client.models.list()).data).toMatchObject([{ id: 'demo-model' }]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no messages', { model: 'm', messages: [] }, /Missing required parameter: 'messages'/],
    ['no model', { messages: [{ role: 'user', content: 'a' }] }, /model parameter/],
    ['an unknown role', { model: 'm', messages: [{ role: 'robot', content: 'a' }] }, /messages\[0\]\.role/],
    [
      'no content',
      { model: 'm', messages: [{ role: 'user', content: null }] },
      /expected a string, got null/,
    ],
    [
      'a result without its call',
      { model: 'm', messages: [{ role: 'tool', tool_call_id: 'x', content: 'a' }] },
      /must be a response to a preceding message/,
    ],
    [
      'a call without its result',
      {
        model: 'm',
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'a', arguments: '{}' } }],
          },
          { role: 'user', content: 'a' },
        ],
      },
      /did not have response messages: x/,
    ],
    [
      'a tool that is none',
      {
        model: 'm',
        messages: [{ role: 'user', content: 'a' }],
        tools: [{ type: 'function', function: { name: 'a b' } }],
      },
      /tools\[0\]\.function\.name/,
    ],
    ['what is no JSON', '{', /could not parse the JSON/],
  ])('refuses %s', async (_what, body, reason) => {
    const response = await fetch(`${model.baseUrl}/chat/completions`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(reason) } });
  });

  it('forgets a request whose caller went away', async () => {
    model.latencyMs = 60_000;
    const gone = new AbortController();
    const asked = client.chat.completions.create(
      { model: 'demo-model', messages: [{ role: 'user', content: 'a' }] },
      { signal: gone.signal },
    );
    gone.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    expect(model.requests).toHaveLength(0);
  });
});
