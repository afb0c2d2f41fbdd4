import { describe, expect, it } from 'vitest';
import { aCaller } from '../../../test/support/model-client.js';
import { ModelSettings } from './model.settings.js';
import { requestParameters } from './request-parameters.js';

const OPENAI = 'https://api.openai.com/v1';
const LOCAL = 'http://127.0.0.1:11434/v1';

const parameters = (model: string, change: Partial<ModelSettings> = {}, baseUrl = OPENAI) =>
  requestParameters(
    model,
    baseUrl,
    Object.assign(new ModelSettings(), { sendEndUser: false, ...change }),
    aCaller,
  );

describe('requestParameters', () => {
  it('are empty without settings', () => {
    expect(parameters('gpt-5.4-mini')).toEqual({});
    expect(parameters('llama3.3:70b', {}, LOCAL)).toEqual({});
  });

  it.each(['o3', 'o4-mini', 'gpt-5', 'gpt-5.4-mini', 'openai/gpt-6'])(
    'give the reasoning model %s effort and length, and no temperature',
    (model) => {
      expect(parameters(model, { reasoningEffort: 'low', maxOutputTokens: 900, temperature: 0.2 })).toEqual({
        reasoning_effort: 'low',
        max_completion_tokens: 900,
      });
    },
  );

  it.each(['gpt-4.1-mini', 'gpt-4o', 'openai/gpt-4.1', 'gpt-5.2-chat-latest'])(
    'give %s, a model without reasoning, temperature and length, and no effort',
    (model) => {
      expect(parameters(model, { reasoningEffort: 'low', maxOutputTokens: 900, temperature: 0 })).toEqual({
        temperature: 0,
        max_completion_tokens: 900,
      });
    },
  );

  it.each(['gpt-oss-120b', 'qwen3:32b', 'mistral-large'])(
    'give %s, an unknown model, every setting, the length by its older name',
    (model) => {
      const change = { reasoningEffort: 'high', maxOutputTokens: 900, temperature: 1 } as const;
      expect(parameters(model, change, LOCAL)).toEqual({
        reasoning_effort: 'high',
        max_tokens: 900,
        temperature: 1,
      });
    },
  );

  it('name the end user as the provider understands it, or not at all', () => {
    const { endUser, cacheKey } = aCaller;
    const identity = (baseUrl: string) => parameters('m', { sendEndUser: true }, baseUrl);
    const both = { safety_identifier: endUser, prompt_cache_key: cacheKey };
    expect(identity(OPENAI)).toEqual(both);
    expect(identity('https://eu.api.openai.com/v1')).toEqual(both);
    expect(identity(LOCAL)).toEqual({ user: endUser });
    expect(identity('https://api.openai.com.example.org/v1')).toEqual({ user: endUser });
    expect(identity('https://api.mistral.ai/v1')).toEqual({});
    expect(identity('https://generativelanguage.googleapis.com/v1beta/openai')).toEqual({});
    expect(parameters('m', { sendEndUser: false })).toEqual({});
  });
});
