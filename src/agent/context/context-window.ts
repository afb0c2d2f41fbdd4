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

/** What a turn has come to so far, beside its context. */
export interface Progress {
  readonly exchanges: readonly Exchange[];
  readonly joined: readonly Joined[];
}

/** Times that what can be left out is halved; the next time all of it goes. */
const HALVINGS = 2;

/**
 * What one turn shows the model. It begins with the turn's budget and shrinks when the provider says that this is too
 * much, which it may for a smaller model, or one that counts otherwise; it does not grow again before the next turn.
 */
export class ContextWindow {
  private shrinks = 0;
  /** Exchanges that are shown with all of their results shortened, the oldest. */
  private shortened = 0;
  private showsPictures = true;

  constructor(private context: TurnContext) {}

  /** Tokens for history and for what the turn's tools bring. */
  get budget(): number {
    return this.context.budget;
  }

  messages({ exchanges, joined }: Progress): ChatCompletionMessageParam[] {
    const messages = requestMessages(this.context, this.shown(exchanges), joined);
    return this.showsPictures ? messages : messages.map(withoutPictures);
  }

  /** For a model that takes none. @returns false when there are none to leave out */
  leaveOutPictures(progress: Progress): boolean {
    if (!this.showsPictures || !this.messages(progress).some(hasPictures)) return false;
    this.showsPictures = false;
    return true;
  }

  /**
   * Half of what the last request had beside system prompt and question, then a quarter, then nothing of it but the
   * newest step, at last that step shortened; what would spare nothing is passed over.
   * @returns false when there is nothing left to leave out
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
