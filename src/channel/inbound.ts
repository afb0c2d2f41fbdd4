/** A chat as its channel describes it. */
export interface ChatDescription {
  readonly chatId: bigint;
  /** 0 where the chat has no topics. */
  readonly threadId: bigint;
  readonly type: string;
  readonly title: string | null;
  readonly username: string | null;
}

/** Who wrote a message. */
export interface Sender {
  readonly userId: bigint;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly username: string | null;
  /** IETF tag as the channel reports it, e.g. `en` or `pt-br`. */
  readonly languageCode: string | null;
}

/** A slash command addressed to this bot; `name` in lower case, without the slash and the bot's name. */
export interface Command {
  readonly name: string;
  readonly args: string;
}

/** Somebody pressed a button under a message of the bot. */
export interface Press {
  /** For `Channel.answerPress`. */
  readonly id: string;
  /** What the button carries: see `Choice`. */
  readonly data: string;
}

/** A chat got another id, and goes on as before. */
export interface ChatMove {
  readonly fromChatId: bigint;
  readonly toChatId: bigint;
}

/** What a received payload means. Every string is well-formed UTF-16 without NUL, so PostgreSQL can store it. */
export interface Inbound {
  readonly externalId: string;
  readonly chat: ChatDescription;
  readonly sender: Sender | null;
  readonly text: string;
  /** From whom, where its sender only passed it on: then the text is not the sender's. */
  readonly forwardedFrom: string | null;
  /** Set: answered at once, without the model. */
  readonly command: Command | null;
  /** Set: nothing was written, a button was pressed. */
  readonly press: Press | null;
  /** Set: nothing was written, the user stopped the turn that shows this preview: see `Channel.preview`. */
  readonly stoppedPreview: number | null;
  readonly channelMessageId: bigint | null;
  /** A message that was received before, as its author has changed it. */
  readonly isEdit: boolean;
  /** One of several that were sent together, an album or forwarded messages: the others come at once. */
  readonly inBatch: boolean;
  /** Nothing was written: the chat tells that it moved. */
  readonly moved?: ChatMove;
}
