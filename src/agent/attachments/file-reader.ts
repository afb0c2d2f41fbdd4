import { Injectable } from '@nestjs/common';
import { nothing } from '../../budget/amount.js';
import { transcriptionCost, maxTranscriptionCost } from '../../budget/transcription-cost.js';
import { MAX_IMAGE_BYTES, noFile } from '../../channel/attachment.js';
import { Channel } from '../../channel/channel.js';
import type { BudgetRefusal } from '../../budget/turn-budget.js';
import { OutsideText } from '../../channel/outside-text.js';
import { ContextSettings } from '../llm/context.settings.js';
import { BudgetSettings } from '../../budget/budget.settings.js';
import { ModelSettings } from '../llm/model.settings.js';
import { TranscriptionSettings } from './transcription.settings.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { TokenCounter } from '../llm/token-counter.js';
import type { FileI18n } from '../../platform/i18n/i18n.js';
import { markAsOutside } from '../tools/outside-text.js';
import { cut, withinTokens } from '../tools/tool-output.js';
import type { FileOutcome } from './attachment.repository.js';
import { documentText } from './document-text.js';
import type { Reading } from './attachments.service.js';
import type { StoredFile } from './stored-attachments.js';
import { Transcriber, type Transcript } from './transcriber.js';

/** The largest file that is transcribed or read, in bytes: Telegram gives bots no larger ones. */
const MAX_FILE_BYTES = 20_000_000;
const MEGA = 1_000_000;
/** UTF-16 units of a file that are kept, whatever the context holds: PostgreSQL cannot search longer texts. */
const MAX_CHARS = 100_000;
const LEAST_TOKENS = 200;
/** No language has more UTF-16 units for one token, except in runs of spaces. */
const CHARS_PER_TOKEN = 8;
/** UTF-16 units of the marks around it. */
const MARKS = 1_000;

type Content = { readonly content: Buffer } | { readonly refusal: (name: string) => string };

/** Reads one file, or explains in a clear sentence why not. */
@Injectable()
export class FileReader {
  constructor(
    private readonly channel: Channel,
    private readonly transcriber: Transcriber,
    private readonly tokens: TokenCounter,
    private readonly context: ContextSettings,
    private readonly models: ModelSettings,
    private readonly transcription: TranscriptionSettings,
    private readonly budgets: BudgetSettings,
  ) {}

  /**
   * @param documents of the turn: they share a quarter of the context
   * @returns null for a picture, which is shown to the model
   * @throws RetryLaterError if it cannot be fetched or transcribed at the moment
   * @throws the reason of the signal
   */
  async read(file: StoredFile, documents: number, reading: Reading): Promise<FileOutcome | null> {
    switch (file.kind) {
      case 'image':
        return this.look(file, reading.i18n.files);
      case 'audio':
        return await this.hear(file, reading);
      case 'file':
        return await this.readDocument(file, documents, reading);
    }
  }

  private look({ bytes, name }: StoredFile, i18n: FileI18n): FileOutcome | null {
    if (!this.models.vision) return refused(i18n.noSight);
    if ((bytes ?? 0) <= MAX_IMAGE_BYTES) return null;
    return refusedByName(name, (one) => i18n.tooLarge(one, Math.floor(MAX_IMAGE_BYTES / MEGA)));
  }

  private async hear(file: StoredFile, reading: Reading): Promise<FileOutcome> {
    const i18n = reading.i18n.files;
    const { maxSeconds, isOn } = this.transcription;
    if (!isOn) return refused(i18n.noHearing);
    if ((file.seconds ?? 0) > maxSeconds) return refused(i18n.tooLong(Math.floor(maxSeconds / 60)));
    const fetched = await this.fetch(file, i18n, reading.signal);
    if ('refusal' in fetched) return refusedByName(file.name, fetched.refusal);
    const heard = await this.withinBudget(file, fetched.content, reading);
    switch (heard.kind) {
      case 'over':
        return refused(reading.i18n.budget[heard.refused]);
      case 'unsupported':
        return refused(i18n.noHearing);
      case 'refused':
        return refused(i18n.notHeard);
      case 'text': {
        const { used } = heard;
        if (heard.text === '') return { ...fileText('[nothing is said in it]'), used };
        const text = cut(heard.text, MAX_CHARS);
        const said = () => outside(file.name, OutsideText.fromUntrusted(text), 'what is said in a recording');
        return { ...fileText(file.isSpeech ? text : said()), used };
      }
    }
  }

  /** Reserves the highest possible cost, and records the actual one. */
  private async withinBudget(
    { name, seconds }: StoredFile,
    content: Buffer,
    { budget, signal }: Reading,
  ): Promise<Transcript | { readonly kind: 'over'; readonly refused: BudgetRefusal }> {
    const { model, maxSeconds } = this.transcription;
    const { prices } = this.budgets;
    const most = maxTranscriptionCost(prices, model, seconds ?? maxSeconds);
    const refusedBy = await budget.begin(most);
    if (refusedBy !== null) return { kind: 'over', refused: refusedBy };
    let used = nothing;
    try {
      const heard = await this.transcriber.hear(content, { name, seconds }, signal);
      if (heard.kind === 'text') used = transcriptionCost(prices, heard.used);
      return heard;
    } finally {
      budget.end(most, used);
    }
  }

  private async readDocument(file: StoredFile, documents: number, reading: Reading): Promise<FileOutcome> {
    const i18n = reading.i18n.files;
    const fetched = await this.fetch(file, i18n, reading.signal);
    if ('refusal' in fetched) return refusedByName(file.name, fetched.refusal);
    const document = await documentText(fetched.content, reading.chat, reading.signal);
    if (!document) return refusedByName(file.name, i18n.unreadable);
    const shown = this.shown(document.text, documents);
    const whole = document.text.length;
    const parts = [
      'a file',
      document.part,
      shown.length < whole ? `the first ${shown.length} of ${whole} characters` : null,
    ];
    const what = parts.filter((part) => part !== null).join(', ');
    return fileText(outside(file.name, OutsideText.fromUntrusted(shown), what));
  }

  private shown(text: string, documents: number): string {
    const tokens = Math.max(LEAST_TOKENS, Math.floor(this.context.contextTokens / 4 / documents));
    const head = cut(text, Math.min(MAX_CHARS, tokens * CHARS_PER_TOKEN));
    return withinTokens(head, tokens, (part) => this.tokens.count(part));
  }

  private async fetch({ ref, bytes }: StoredFile, i18n: FileI18n, signal: AbortSignal): Promise<Content> {
    const tooLarge = { refusal: (name: string) => i18n.tooLarge(name, MAX_FILE_BYTES / MEGA) };
    if ((bytes ?? 0) > MAX_FILE_BYTES) return tooLarge;
    const fetched = (await this.channel.files?.fetch(ref, MAX_FILE_BYTES, signal)) ?? noFile;
    switch (fetched.kind) {
      case 'file':
        return { content: fetched.content };
      case 'too-large':
        return tooLarge;
      case 'gone':
        return { refusal: i18n.gone };
      case 'unavailable':
        throw new RetryLaterError('FILE_UNAVAILABLE', fetched.error, fetched.retryAfterMs);
    }
  }
}

const fileText = (text: string): FileOutcome => ({ text, refusal: null, used: null });

/** The model sees it too, without the file's name, which its author chose: it may have to answer the rest. */
export function refused(refusal: string, nameless = refusal): FileOutcome {
  return { text: `[not read; the user is to be told: ${nameless}]`, refusal, used: null };
}

/** A refused file, with a reason that names it. */
const refusedByName = (name: string, why: (name: string) => string): FileOutcome =>
  refused(why(name), why('…'));

function outside(name: string, text: OutsideText, what: string): string {
  const named = OutsideText.join([`Name: ${name}`, text], '\n\n');
  return markAsOutside(named, `${what}, which the user sent`, named.length + MARKS);
}
