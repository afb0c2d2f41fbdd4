import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { hasPictures, withoutPictures } from './picture-parts.js';
import {
  type Exchange,
  type Joined,
  requestMessages,
  shortExchange,
  type TurnContext,
  yieldingTokens,
} from './turn-request.js';

/** The progress of a turn, beside its context. */
export interface Progress {
  readonly exchanges: readonly Exchange[];
  readonly joined: readonly Joined[];
}

/** Times that the optional part is halved; the next time all of it goes. */
const HALVINGS = 2;

/**
 * Limits the requests of one turn. The window begins with the turn's budget, and shrinks when the provider reports an
 * overflow, as it may for a smaller model, or one that counts otherwise; it does not grow again before the next turn.
 */
export class ContextWindow {
  private shrinks = 0;
  /** The number of oldest exchanges that are shown with shortened results. */
  private shortened = 0;
  private showsPictures = true;

  constructor(private context: TurnContext) {}

  /** Tokens for history and for the turn's tool calls. */
  get budget(): number {
    return this.context.budget;
  }

  messages({ exchanges, joined }: Progress): ChatCompletionMessageParam[] {
    const messages = requestMessages(this.context, this.shown(exchanges), joined);
    return this.showsPictures ? messages : messages.map(withoutPictures);
  }

  /** Leaves pictures out, for a model that takes none. @returns false if there are none to leave out */
  leaveOutPictures(progress: Progress): boolean {
    if (!this.showsPictures || !this.messages(progress).some(hasPictures)) return false;
    this.showsPictures = false;
    return true;
  }

  /**
   * Shrinks the window: to half of the last request's part beside system prompt and question, then to a quarter, then
   * to the newest step, at last to that step shortened; a stage that would save nothing is skipped.
   * @returns false if there is nothing left to leave out
   */
  shrink(progress: Progress): boolean {
    const spent = this.spent(progress);
    while (this.step(spent, progress.exchanges.length)) {
      if (this.spent(progress) < spent) return true;
    }
    return false;
  }

  private spent({ exchanges, joined }: Progress): number {
    return yieldingTokens(this.context, this.shown(exchanges), joined);
  }

  private step(spent: number, exchanges: number): boolean {
    if (this.shrinks <= HALVINGS) {
      this.shrinks += 1;
      const half = Math.floor(Math.min(spent, this.context.budget) / 2);
      this.context = { ...this.context, budget: this.shrinks <= HALVINGS ? half : 0 };
      return true;
    }
    if (this.shortened === exchanges) return false;
    this.shortened = exchanges;
    return true;
  }

  private shown(exchanges: readonly Exchange[]): Exchange[] {
    return exchanges.map((exchange, index) => (index < this.shortened ? shortExchange(exchange) : exchange));
  }
}
