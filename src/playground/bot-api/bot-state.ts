import type { Clock } from '../../platform/runtime/clock.js';
import { CallbackQueries } from './callback-queries.js';
import { ChatLog, type ChatLimits, type Ack } from './chat-log.js';
import { UpdateQueue } from './update-queue.js';
import { WebhookSender, type WebhookTarget } from './webhook-sender.js';

/** One command of the bot's menu. */
export interface BotCommand {
  readonly command: string;
  readonly description: string;
}

/** The bot as getMe shows it. */
export const BOT = {
  id: 1_000_000_001,
  is_bot: true,
  first_name: 'Turnpike',
  username: 'turnpike_demo_bot',
} as const;

/** The state shared by the methods of the simulated Bot API. */
export class BotState {
  readonly chats: ChatLog;
  readonly updates = new UpdateQueue();
  readonly queries = new CallbackQueries();
  /** By scope and language. */
  readonly commands = new Map<string, readonly BotCommand[]>();
  allowedUpdates: readonly string[] | null = null;
  /** Ends the long poll under way, with the reason that the poller gets. */
  endPoll: ((reason: string) => void) | null = null;
  private sender: WebhookSender | null = null;
  private target: WebhookTarget | null = null;

  constructor(
    readonly clock: Clock,
    limits: ChatLimits,
    private readonly onAck: (ack: Ack) => void,
  ) {
    this.chats = new ChatLog(clock, limits);
  }

  get webhook(): WebhookTarget | null {
    return this.target;
  }

  get webhookError(): WebhookSender['lastError'] {
    return this.sender?.lastError ?? null;
  }

  /** Sends later updates to this webhook; null: they wait for getUpdates. */
  setWebhook(target: WebhookTarget | null): void {
    this.sender?.stop();
    this.target = target;
    this.sender = target && new WebhookSender(target, this.updates, this.clock, this.onAck);
    if (target) this.endPoll?.('terminated by setWebhook request');
  }

  stop(): void {
    this.sender?.stop();
    this.endPoll?.('the simulator stops');
  }
}
