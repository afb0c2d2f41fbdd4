import { Injectable, Logger } from '@nestjs/common';
import { OpenAI, toFile } from 'openai';
import type { Transcription } from 'openai/resources/audio/transcriptions';
import type { CallUsage } from '../../budget/call-usage.js';
import { soundTokens } from '../../budget/transcription-cost.js';
import { ModelSettings } from '../llm/model.settings.js';
import { TranscriptionSettings } from './transcription.settings.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { classifyModelError } from '../llm/model-error.js';

/** The outcome of a transcription. `unsupported`: no server can transcribe; `refused`: not this recording. */
export type Transcript =
  | { readonly kind: 'text'; readonly text: string; readonly used: CallUsage }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'refused' };

/** `seconds`: the sender's claim; null: unknown. */
export interface Sound {
  readonly name: string;
  readonly seconds: number | null;
}

/** The limit of one transcription. */
const TIMEOUT_MS = 60_000;

/** Transcribes recordings: `POST <base>/audio/transcriptions` of OpenAI and of compatible servers. */
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

  /** False if transcription is switched off. */
  get isOn(): boolean {
    return this.settings.isOn;
  }

  /**
   * @throws RetryLaterError if it may work later
   * @throws the reason of the signal
   */
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

/** The server's reported usage; sound that is billed by its length, or unreported, counts by the second. */
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

/** More than any recording can cost. */
const MOST = 10_000_000;

/** A number from a server, which may be anything. */
const believed = (reported: number): number =>
  Number.isFinite(reported) ? Math.min(MOST, Math.max(0, Math.ceil(reported))) : 0;
