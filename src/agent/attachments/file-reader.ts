import { Injectable } from '@nestjs/common';
import { nothing } from '../../budget/amount.js';
import { costOfHearing, mostOfHearing } from '../../budget/hearing.js';
import type { Refusal, TurnBudget } from '../../budget/turn-budget.js';
import { MAX_IMAGE_BYTES } from '../../channel/attachment.js';
import { Channel } from '../../channel/channel.js';
import { OutsideText } from '../../channel/outside-text.js';
import { AgentSettings } from '../../config/agent.settings.js';
import { BudgetSettings } from '../../config/budget.settings.js';
import { ModelSettings } from '../../config/model.settings.js';
import { TranscriptionSettings } from '../../config/transcription.settings.js';
import { RetryLaterError } from '../../errors/errors.js';
import { TokenCounter } from '../context/token-counter.js';
import { withinTokens } from '../summaries/summary-request.js';
import type { FileTexts } from '../../texts/texts.js';
import { markAsOutside } from '../tools/outside-text.js';
import { cut } from '../tools/tool-output.js';
import type { FileOutcome } from './attachment.repository.js';
import { documentText } from './document-text.js';
import type { Reading } from './attachments.service.js';
import type { StoredFile } from './stored-attachments.js';
import { Transcriber, type Transcript } from './transcriber.js';

/** Bytes of a file that is heard or read: Telegram gives bots no larger ones. */
const MAX_FILE_BYTES = 20_000_000;
const MEGA = 1_000_000;
/** UTF-16 units of a file that are kept, whatever the context holds: PostgreSQL cannot search longer texts. */
const MAX_CHARS = 100_000;
const LEAST_TOKENS = 200;
/** No language has more of them for one token, but for runs of spaces. */
const CHARS_PER_TOKEN = 8;
/** UTF-16 units of the marks around it. */
const MARKS = 1_000;

type Content = { readonly content: Buffer } | { readonly refusal: (name: string) => string };

/** Says what is in one file, or in a clear sentence why it is not looked at. */
@Injectable()
export class FileReader {
  constructor(
    private readonly channel: Channel,
    private readonly transcriber: Transcriber,
    private readonly tokens: TokenCounter,
    private readonly agent: AgentSettings,
    private readonly models: ModelSettings,
    private readonly transcription: TranscriptionSettings,
    private readonly budgets: BudgetSettings,
  ) {}

  /**
   * @param documents of the turn: they share a quarter of the context
   * @returns null for a picture that the model is shown
   * @throws RetryLaterError where it cannot be had or heard at the moment, or the reason of the signal
   */
  async read(
    file: StoredFile,
    documents: number,
    reading: Reading,
    signal: AbortSignal,
  ): Promise<FileOutcome | null> {
    switch (file.kind) {
      case 'image':
        return this.look(file, reading.texts.files);
      case 'audio':
        return await this.hear(file, reading, signal);
      case 'file':
        return await this.readDocument(file, documents, reading, signal);
    }
  }

  private look({ bytes, name }: StoredFile, texts: FileTexts): FileOutcome | null {
    if (!this.models.vision) return refused(texts.noSight);
    if ((bytes ?? 0) <= MAX_IMAGE_BYTES) return null;
    return refusedByName(name, (one) => texts.tooLarge(one, Math.floor(MAX_IMAGE_BYTES / MEGA)));
  }

  private async hear(file: StoredFile, reading: Reading, signal: AbortSignal): Promise<FileOutcome> {
    const texts = reading.texts.files;
    const { maxSeconds, isOn } = this.transcription;
    if (!isOn) return refused(texts.noHearing);
    if ((file.seconds ?? 0) > maxSeconds) return refused(texts.tooLong(Math.floor(maxSeconds / 60)));
    const fetched = await this.fetch(file, texts, signal);
    if ('refusal' in fetched) return refusedByName(file.name, fetched.refusal);
    const heard = await this.withinBudget(file, fetched.content, reading.budget, signal);
    switch (heard.kind) {
      case 'over':
        return refused(reading.texts.budget[heard.refused]);
      case 'unsupported':
        return refused(texts.noHearing);
      case 'refused':
        return refused(texts.notHeard);
      case 'text': {
        const { used } = heard;
        if (heard.text === '') return { ...told('[nothing is said in it]'), used };
        const text = cut(heard.text, MAX_CHARS);
        const said = () => outside(file.name, OutsideText.of(text), 'what is said in a recording');
        return { ...told(file.isSpeech ? text : said()), used };
      }
    }
  }

  /** Reserves the most that it can come to, and counts what it came to. */
  private async withinBudget(
    { name, seconds }: StoredFile,
    content: Buffer,
    budget: TurnBudget,
    signal: AbortSignal,
  ): Promise<Transcript | { readonly kind: 'over'; readonly refused: Refusal }> {
    const { model, maxSeconds } = this.transcription;
    const { prices } = this.budgets;
    const most = mostOfHearing(prices, model, seconds ?? maxSeconds);
    const refusedBy = await budget.begin(most);
    if (refusedBy !== null) return { kind: 'over', refused: refusedBy };
    let used = nothing;
    try {
      const heard = await this.transcriber.hear(content, { name, seconds }, signal);
      if (heard.kind === 'text') used = costOfHearing(prices, heard.used);
      return heard;
    } finally {
      budget.end(most, used);
    }
  }

  private async readDocument(
    file: StoredFile,
    documents: number,
    reading: Reading,
    signal: AbortSignal,
  ): Promise<FileOutcome> {
    const texts = reading.texts.files;
    const fetched = await this.fetch(file, texts, signal);
    if ('refusal' in fetched) return refusedByName(file.name, fetched.refusal);
    const document = await documentText(fetched.content, reading.chat, signal);
    if (!document) return refusedByName(file.name, texts.unreadable);
    const shown = this.shown(document.text, documents);
    const whole = document.text.length;
    const parts = [
      'a file',
      document.part,
      shown.length < whole ? `the first ${shown.length} of ${whole} characters` : null,
    ];
    const what = parts.filter((part) => part !== null).join(', ');
    return told(outside(file.name, OutsideText.of(shown), what));
  }

  private shown(text: string, documents: number): string {
    const tokens = Math.max(LEAST_TOKENS, Math.floor(this.agent.contextTokens / 4 / documents));
    const head = cut(text, Math.min(MAX_CHARS, tokens * CHARS_PER_TOKEN));
    return withinTokens(head, tokens, (part) => this.tokens.count(part));
  }

  private async fetch({ ref, bytes }: StoredFile, texts: FileTexts, signal: AbortSignal): Promise<Content> {
    const tooLarge = { refusal: (name: string) => texts.tooLarge(name, MAX_FILE_BYTES / MEGA) };
    if ((bytes ?? 0) > MAX_FILE_BYTES) return tooLarge;
    const fetched = await this.channel.fetchFile(ref, MAX_FILE_BYTES, signal);
    switch (fetched.kind) {
      case 'file':
        return { content: fetched.content };
      case 'too-large':
        return tooLarge;
      case 'gone':
        return { refusal: texts.gone };
      case 'unavailable':
        throw new RetryLaterError('FILE_UNAVAILABLE', fetched.error, fetched.retryAfterMs);
    }
  }
}

const told = (text: string): FileOutcome => ({ text, refusal: null, used: null });

/** The model is told as well, without the file's name, which its author chose: it may have to answer the rest. */
export function refused(refusal: string, nameless = refusal): FileOutcome {
  return { text: `[not read; the user is to be told: ${nameless}]`, refusal, used: null };
}

/** A file that is not read, for a reason that names it. */
const refusedByName = (name: string, why: (name: string) => string): FileOutcome =>
  refused(why(name), why('…'));

function outside(name: string, text: OutsideText, what: string): string {
  const named = OutsideText.join([`Name: ${name}`, text], '\n\n');
  return markAsOutside(named, `${what}, which the user sent`, named.length + MARKS);
}
