import type { ModelSettings } from '../../agent/llm/model.settings.js';
import { type Model, ModelCatalog } from '../../agent/llm/model-catalog.js';
import { classifyModelError } from '../../agent/llm/model-error.js';
import { type Finding, findingsAbout } from './finding.js';

const model = findingsAbout('model');

/** Some servers refuse tools for models without tool support: an operator should know before the first user does. */
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'noop',
      description: 'Does nothing. Not to be called.',
      parameters: { type: 'object', properties: {} },
    },
  },
];

/** Asks each model of the chain for one word, with a tool offered, as a turn does. */
export async function checkModels(settings: ModelSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  if (settings.apiKey === undefined && settings.baseUrl === undefined) {
    return [model.skipped('OPENAI_API_KEY and OPENAI_BASE_URL are unset: a demo model answers')];
  }
  const chain = new ModelCatalog(settings).chain(null);
  return Promise.all(chain.map((one) => ask(one, signal)));
}

async function ask({ model: name, client }: Model, signal: AbortSignal): Promise<Finding> {
  const whose = `${name} at ${new URL(client.baseURL).host}`;
  const startedAt = performance.now();
  try {
    const answer = await client.chat.completions.create(
      { model: name, tools, messages: [{ role: 'user', content: 'Answer with the word: ready' }] },
      { signal },
    );
    const took = `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
    return answer.choices[0]
      ? model.ok(`${whose} answered in ${took}`)
      : model.failed(`${whose} answered with nothing`, 'see that OPENAI_BASE_URL is a chat completions API');
  } catch (error) {
    signal.throwIfAborted();
    const { error: reason } = classifyModelError(error);
    return model.failed(
      `${whose}: ${reason.message}`,
      reason.hint ?? 'see what the provider says about it; the turns would fail likewise',
    );
  }
}
