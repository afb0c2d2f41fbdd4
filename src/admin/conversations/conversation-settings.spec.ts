import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { BudgetSettings } from '../../budget/budget.settings.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('A conversation’s own model and prompt', () => {
  it('are set and removed, each without a change of the others', async () => {
    const { id } = await admin.talk(0);
    const change = async (payload: object) => {
      const answer = await admin.call(`conversations/${id}`, 'PATCH', payload);
      expect(answer.statusCode, answer.body).toBe(200);
      return answer.json<{ status: string; model: string | null; systemPrompt: string | null }>();
    };
    await change({ status: 'paused' });
    expect(await change({ model: 'groq=openai/gpt-oss-120b' })).toMatchObject({
      status: 'paused',
      model: 'groq=openai/gpt-oss-120b',
      systemPrompt: null,
    });
    const prompt = 'You are a pirate.\nSay "Arr".';
    expect(await change({ systemPrompt: prompt, status: 'active' })).toMatchObject({
      status: 'active',
      model: 'groq=openai/gpt-oss-120b',
      systemPrompt: prompt,
    });
    expect((await admin.call(`conversations/${id}`)).json()).toMatchObject({ systemPrompt: prompt });
    expect(await change({ model: null, systemPrompt: null })).toMatchObject({
      model: null,
      systemPrompt: null,
    });
  });

  it.each([
    { model: '' },
    { model: 'two words' },
    { model: 'a\u0000b' },
    { model: 'x'.repeat(201) },
    { model: 5 },
    { model: 'nowhere=gpt' },
    { model: 'groq=' },
    { systemPrompt: '' },
    { systemPrompt: ' \n ' },
    { systemPrompt: 'a\u0000b' },
    { systemPrompt: 'x'.repeat(32_001) },
    { systemPrompt: ['x'] },
    { status: null },
    { status: null, model: 'gpt-5.4' },
  ])('are refused as %j', async (payload) => {
    const { id } = await admin.talk(0);
    const answer = await admin.call(`conversations/${id}`, 'PATCH', payload);
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { statusCode: 400, message: expect.anything(), error: 'Bad Request' },
    ]);
    expect((await admin.call(`conversations/${id}`)).json()).toMatchObject({
      status: 'active',
      model: null,
      systemPrompt: null,
    });
  });

  it('require a price where a budget is in dollars', async () => {
    const budget = admin.app.get(BudgetSettings);
    const { id } = await admin.talk(0);
    const statusOf = async (model: string) =>
      (await admin.call(`conversations/${id}`, 'PATCH', { model })).statusCode;
    budget.dayMicroUsd = 1_000_000n;
    try {
      expect(await statusOf('groq=nobody-knows-its-price')).toBe(400);
      expect(await statusOf('gpt-5.4')).toBe(200);
    } finally {
      delete budget.dayMicroUsd;
    }
    expect(await statusOf('groq=nobody-knows-its-price')).toBe(200);
  });

  it('cannot be set for a conversation that does not exist', async () => {
    const unknown = `conversations/${crypto.randomUUID()}`;
    expect((await admin.call(unknown, 'PATCH', { model: 'gpt-5.4' })).statusCode).toBe(404);
    expect((await admin.call('conversations/nonsense', 'PATCH', { systemPrompt: 'x' })).statusCode).toBe(404);
  });

  it('are in the API’s description', async () => {
    const doc = (await admin.app.inject('/docs-json')).json<{
      components: { schemas: Record<string, { properties: Record<string, object>; required?: string[] }> };
    }>();
    const change = doc.components.schemas['ConversationChange'];
    expect(Object.keys(change?.properties ?? {})).toEqual([
      'answersAll',
      'contextMessages',
      'status',
      'model',
      'systemPrompt',
      'busyMode',
      'tools',
      'outputCheck',
    ]);
    expect(change?.required ?? []).toEqual([]);
    expect(change?.properties['systemPrompt']).toMatchObject({
      type: 'string',
      nullable: true,
      maxLength: 32_000,
    });
    expect(Object.keys(doc.components.schemas['ConversationDetailDto']?.properties ?? {})).toContain('model');
  });
});
