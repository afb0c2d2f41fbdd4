import { Injectable, Logger } from '@nestjs/common';
import { OpenAI, toFile } from 'openai';
import type { Transcription } from 'openai/resources/audio/transcriptions';
import type { CallUsage } from '../../budget/call-usage.js';
import { soundTokens } from '../../budget/hearing.js';
import { ModelSettings } from '../../config/model.settings.js';
import { TranscriptionSettings } from '../../config/transcription.settings.js';
import { RetryLaterError } from '../../errors/errors.js';
import { classifyModelError } from '../model/model-error.js';

/** What came of a sound. `unsupported`: nobody here can hear; `refused`: not this one. */
export type Transcript =
  | { readonly kind: 'text'; readonly text: string; readonly used: CallUsage }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'refused' };

/** `seconds`: as who sent it says; null: nobody does. */
export interface Sound {
  readonly name: string;
  readonly seconds: number | null;
}

/** How long one transcription may take. */
const TIMEOUT_MS = 60_000;

/** Hears what people say: `POST <base>/audio/transcriptions` of OpenAI and of servers that are compatible. */
@Injectable()
export class Transcriber {
  private readonly logger = new Logger(Transcriber.name);
  private readonly client: OpenAI;

  constructor(
    private readonly settings: TranscriptionSettings,
    models: ModelSettings,
  ) {
    const own = settings.baseUrl !== undefined;
    const baseURL = settings.baseUrl ?? models.baseUrl;
    this.client = new OpenAI({
      apiKey: settings.apiKey ?? (own ? undefined : models.apiKey) ?? 'none',
      ...(baseURL && { baseURL }),
      // The turn has its own retries, which survive this process.
      maxRetries: 0,
      timeout: TIMEOUT_MS,
    });
  }

  /** False where transcription is switched off. */
  get isOn(): boolean {
    return this.settings.isOn;
  }

  /** @throws RetryLaterError where it may work later, or the reason of the signal */
  async hear(content: Buffer, { name, seconds }: Sound, signal: AbortSignal): Promise<Transcript> {
    try {
      const file = await toFile(content, name);
      const heard = await this.client.audio.transcriptions.create(
        { file, model: this.settings.model },
        { signal },
      );
      const text: unknown = heard.text;
      if (typeof text !== 'string') return { kind: 'unsupported' };
      const used = usageOf(this.settings.model, heard.usage, seconds);
      return { kind: 'text', text: text.replaceAll('\0', '').toWellFormed().trim(), used };
    } catch (error) {
      signal.throwIfAborted();
      const failure = classifyModelError(error);
      const { code, message } = failure.error;
      this.logger.warn({ msg: 'not transcribed', model: this.settings.model, code, error: message });
      if (failure.error instanceof RetryLaterError) throw failure.error;
      return { kind: failure.kind === 'model' ? 'unsupported' : 'refused' };
    }
  }
}

/** What the server says it used; sound that is billed by its length, and what is not told, is counted by the second. */
function usageOf(model: string, usage: Transcription['usage'], saidSeconds: number | null): CallUsage {
  if (usage?.type === 'tokens') {
    return { model, inputTokens: believed(usage.input_tokens), outputTokens: believed(usage.output_tokens) };
  }
  const heardSeconds = usage?.type === 'duration' ? believed(usage.seconds) : 0;
  return {
    model,
    inputTokens: believed(soundTokens(Math.max(heardSeconds, saidSeconds ?? 0))),
    outputTokens: 0,
  };
}

/** More than any recording can come to. */
const MOST = 10_000_000;

/** A number of a server's, which may be anything. */
const believed = (told: number): number =>
  Number.isFinite(told) ? Math.min(MOST, Math.max(0, Math.ceil(told))) : 0;
