import { Injectable, Logger } from '@nestjs/common';
import { OpenAI } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { ModelSettings } from '../config/model.settings.js';
import { GiveUpError, RetryLaterError, type TurnpikeError } from '../errors/errors.js';
import type { ModelAnswer } from './model-answer.js';
import { classifyModelError } from './model-error.js';

export type ModelRequest = Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'stream'>;

/** Calls an OpenAI-compatible model; the next one of the list when one fails. */
@Injectable()
export class ModelClient {
  private readonly logger = new Logger(ModelClient.name);
  private readonly client: OpenAI;
  private readonly models: readonly string[];

  constructor(settings: ModelSettings) {
    this.models = [settings.model, ...settings.fallbackModels];
    this.client = new OpenAI({
      // Servers of one's own ask for no key, the SDK does.
      apiKey: settings.apiKey ?? 'none',
      ...(settings.baseUrl ? { baseURL: settings.baseUrl } : {}),
      // A turn has its own time-out and its own retries, which survive this process.
      maxRetries: 0,
      timeout: 3_600_000,
    });
  }

  /**
   * One model call.
   * @throws RetryLaterError or GiveUpError when every model of the list failed: the first that may work later, else the
   * last; or the reason of `signal` when that was aborted
   */
  async complete(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer> {
    const failures: TurnpikeError[] = [];
    for (const model of this.models) {
      try {
        return readCompletion(
          await this.client.chat.completions.create({ ...request, model }, { signal }),
          model,
        );
      } catch (error) {
        signal.throwIfAborted();
        const reason = classifyModelError(error);
        this.logger.warn({ msg: 'model call failed', model, code: reason.code, error: reason.message });
        failures.push(reason);
      }
    }
    const failure = failures.find((reason) => reason instanceof RetryLaterError) ?? failures.at(-1);
    throw failure ?? new GiveUpError('MODEL_MISSING', 'no model is configured', 'set OPENAI_MODEL');
  }
}

/** Servers are compatible to a degree: every field is checked before it is believed. */
function readCompletion(completion: ChatCompletion, model: string): ModelAnswer {
  const choices: unknown = completion?.choices;
  const choice = Array.isArray(choices) ? completion.choices[0] : undefined;
  if (!choice?.message) throw new Error('no choices in the answer');
  const { message } = choice;
  return {
    content: typeof message.content === 'string' ? clean(message.content) : null,
    refusal: typeof message.refusal === 'string' ? clean(message.refusal) : null,
    toolCalls: (message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [{ id: text(call.id), name: text(call.function?.name), arguments: text(call.function?.arguments) }]
        : [],
    ),
    finishReason: text(choice.finish_reason) || 'stop',
    model: text(completion.model) || model,
    inputTokens: tokens(completion.usage?.prompt_tokens),
    outputTokens: tokens(completion.usage?.completion_tokens),
  };
}

const MAX_TOKENS = 2 ** 31 - 1;
const tokens = (value: unknown): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : 0;

const text = (value: unknown): string => (typeof value === 'string' ? clean(value) : '');

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
const clean = (text: string): string => text.replaceAll('\u0000', '').toWellFormed();
