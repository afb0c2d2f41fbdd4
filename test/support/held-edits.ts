import type { SendOutcome } from '../../src/channel/channel.js';
import { TelegramChannel } from '../../src/telegram/telegram-channel.js';
import { telegramParts } from './telegram-channel.js';
import type { TelegramDouble } from './telegram-double.js';

type Edit = Parameters<TelegramChannel['edit']>;

/** An edit that is held on its way until it is released. */
export class HeldEdit {
  private letGo: () => void = () => undefined;
  private arrive: () => void = () => undefined;
  private readonly gone = new Promise<void>((resolve) => (this.letGo = resolve));
  /** Resolves when an edit has come this far. */
  readonly reached = new Promise<void>((resolve) => (this.arrive = resolve));

  release(): void {
    this.letGo();
  }

  async pass(): Promise<void> {
    this.arrive();
    await this.gone;
  }
}

/** The Telegram channel of a process whose edits are slow, or whose connection breaks before they arrive. */
export class HeldEdits extends TelegramChannel {
  private next: ((edit: Edit) => Promise<SendOutcome>) | null = null;

  constructor(telegram: Pick<TelegramDouble, 'token' | 'root'>) {
    super(...telegramParts(telegram));
  }

  override edit(...edit: Edit): Promise<SendOutcome> {
    const next = this.next ?? ((each) => super.edit(...each));
    this.next = null;
    return next(edit);
  }

  /** The next edit has left the process, and no signal stops it any more; it has not arrived. */
  holdRequest(): HeldEdit {
    const held = new HeldEdit();
    this.next = async (edit) => {
      await held.pass();
      return await this.arrives(edit);
    };
    return held;
  }

  /** The next edit has arrived; its answer has not. */
  holdAnswer(): HeldEdit {
    const held = new HeldEdit();
    this.next = async (edit) => {
      const outcome = await this.arrives(edit);
      await held.pass();
      return outcome;
    };
    return held;
  }

  /** The connection of the next edit breaks; the edit itself arrives when the returned function is called. */
  breakNext(): { arrives: () => Promise<SendOutcome> } {
    const late = { arrives: (): Promise<SendOutcome> => Promise.reject(new Error('nothing was edited yet')) };
    this.next = (edit) => {
      late.arrives = () => this.arrives(edit);
      return Promise.resolve({ kind: 'unknown', error: 'the connection broke' });
    };
    return late;
  }

  /** The process of the next edit dies during it; the edit itself arrives when the returned function is called. */
  dieInNext(): { arrives: () => Promise<SendOutcome> } {
    const late = this.breakNext();
    const broken = this.next;
    this.next = async (edit) => {
      await broken?.(edit);
      throw new Error('the process is dead');
    };
    return late;
  }

  private arrives([destination, messageId, body]: Edit): Promise<SendOutcome> {
    return super.edit(destination, messageId, body, new AbortController().signal);
  }
}
