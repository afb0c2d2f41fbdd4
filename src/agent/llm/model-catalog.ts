import { Injectable, Logger } from '@nestjs/common';
import { OpenAI } from 'openai';
import { DEFAULT_PROVIDER, type ModelTarget, modelTarget } from './model-target.js';
import { ModelSettings } from './model.settings.js';

/** A model with its provider's client. */
export interface Model extends ModelTarget {
  readonly client: OpenAI;
}

/** Knows the configured providers, and the order in which models are asked. */
@Injectable()
export class ModelCatalog {
  private readonly logger = new Logger(ModelCatalog.name);
  private readonly clients = new Map<string, OpenAI>();

  constructor(private readonly settings: ModelSettings) {
    const { apiKey, baseUrl, providers, providerKeys } = settings;
    this.clients.set(DEFAULT_PROVIDER, client(apiKey, baseUrl));
    for (const [name, url] of providers) this.clients.set(name, client(providerKeys.get(name), url));
  }

  /**
   * The models in the order in which they are asked, none twice: the given one, or OPENAI_MODEL, then
   * OPENAI_FALLBACK_MODELS.
   */
  chain(own: string | null): Model[] {
    const chain = new Map<string, Model>();
    for (const text of [this.first(own), ...this.settings.fallbackModels]) {
      const target = modelTarget(text, this.settings.providers);
      const client = target && this.clients.get(target.provider);
      if (target && client) chain.set(JSON.stringify(target), { ...target, client });
    }
    return [...chain.values()];
  }

  /** A conversation's model may belong to a removed provider: another one then answers. */
  private first(own: string | null): string {
    if (own === null || modelTarget(own, this.settings.providers)) return own ?? this.settings.model;
    this.logger.warn({ msg: 'model of a conversation is of no configured provider', model: own });
    return this.settings.model;
  }
}

function client(apiKey: string | undefined, baseUrl: string | undefined): OpenAI {
  return new OpenAI({
    // Local servers need no key, but the SDK does.
    apiKey: apiKey ?? 'none',
    ...(baseUrl ? { baseURL: baseUrl } : {}),
    // A turn has its own time-out and its own retries, which survive this process.
    maxRetries: 0,
    timeout: 3_600_000,
  });
}
