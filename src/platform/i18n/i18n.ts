import type { RoughTime } from './rough-time.js';

/** The owner of an exhausted budget. */
type BudgetOwner = 'turn' | 'user' | 'chat' | 'all';

/** The handling of messages that come while the agent works. */
export type ModeName = 'queue' | 'steer' | 'interrupt' | 'collect';

/** The outcome of a question about a tool call; `withdrawn`: its turn was cancelled. */
export type QuestionEnding = 'approved' | 'denied' | 'expired' | 'withdrawn';

/**
 * The reason for a question about a tool call: a rule; or the turn has read text from outside, and the call changes
 * something, or goes to an `address` that the model made.
 */
export type ApprovalReason = 'rule' | 'outside' | 'address';

/** The commands, without the slash. */
export type CommandName =
  'start' | 'help' | 'reset' | 'stop' | 'mode' | 'memory' | 'usage' | 'schedules' | 'settings';

/** One line of /schedules. Times are written as `YYYY-MM-DDThh:mm:ss±hh:mm (weekday, time zone)`. */
export interface ScheduleLine {
  readonly number: number;
  readonly time: string;
  /** Five fields of cron; null: once. */
  readonly rule: string | null;
  readonly text: string;
}

/** A group's settings. */
interface ShownSettings {
  readonly mode: ModeName;
  readonly answers: 'mentioned' | 'all';
  /** Messages kept as context; 0: none. */
  readonly window: number;
  /** The most that may be kept. */
  readonly most: number;
}

/** The reason why a sent file is not looked at. */
export interface FileI18n {
  readonly tooLarge: (name: string, megabytes: number) => string;
  readonly tooLong: (minutes: number) => string;
  readonly tooMany: (most: number) => string;
  readonly gone: (name: string) => string;
  readonly unreadable: (name: string) => string;
  readonly noHearing: string;
  readonly notHeard: string;
  readonly noSight: string;
}

/**
 * Every message that a user reads and no model wrote, in Markdown. Each language is one object of this type, so that a
 * missing message does not compile. A message with arguments lets the language decide about order, number and case.
 */
export interface I18n {
  /** BCP 47: how numbers, sums and weekdays are written. */
  readonly locale: string;

  /** Answers to commands. */
  readonly start: string;
  readonly help: string;
  readonly reset: string;
  readonly stopped: string;
  readonly nothingToStop: string;
  readonly mode: (mode: ModeName) => string;
  readonly modeUnknown: string;
  readonly memory: (facts: readonly string[], summary: string) => string;
  readonly usage: {
    readonly title: string;
    /** @param whose null: only the reader's own */
    readonly today: (whose: 'user' | 'chat' | null, amount: string) => string;
    readonly month: (whose: 'user' | 'chat' | null, amount: string) => string;
    /** Follows the day's usage. */
    readonly left: (amount: string) => string;
    readonly tokens: (count: bigint) => string;
  };
  readonly schedules: {
    readonly list: (lines: readonly string[], example: number) => string;
    readonly line: (line: ScheduleLine) => string;
    readonly none: string;
    readonly usage: string;
    readonly cancelled: (line: string) => string;
    readonly unknown: (number: number) => string;
  };
  /** The settings of a group, or of one of its topics. */
  readonly settings: {
    readonly shown: (settings: ShownSettings) => string;
    /** @param most that a window may have */
    readonly usage: (most: number) => string;
    readonly groupsOnly: string;
    readonly adminsOnly: string;
    readonly notChecked: string;
  };
  /** The line of each command in Telegram's menu: at most 256 characters, no Markdown. */
  readonly menu: Readonly<Record<CommandName, string>>;

  /** @param position in the line of all chats; null: the chat waits for its own limit */
  readonly waiting: (position: number | null, wait: RoughTime) => string;

  /** While a turn runs. */
  readonly stoppedHere: string;
  readonly stoppedByOperator: string;
  readonly stoppedHereByOperator: string;
  readonly working: (tools: readonly string[]) => string;

  /** Questions about tool calls. Buttons and answers to a press contain no Markdown. */
  readonly approvals: {
    readonly question: string;
    /** Follows the question. */
    readonly why: Readonly<Record<ApprovalReason, string>>;
    /** Follows that, if it is not known which of several people is asked. */
    readonly adminsOnly: string;
    /** Replaces a call that is shown in messages of its own, before this one. */
    readonly above: (tool: string) => string;
    readonly approve: string;
    readonly deny: string;
    /** Replaces the buttons where there are none. */
    readonly byOperator: (id: string) => string;
    readonly waiting: (tools: readonly string[]) => string;
    readonly notYours: string;
    /** At most 200 characters, as all answers to a press. */
    readonly notShown: string;
    readonly decided: string;
    readonly decidedAlready: string;
    readonly operator: string;
    /** @param by the person who decided; null: none */
    readonly ending: (ending: QuestionEnding, by: string | null) => string;
  };

  /** Access requests. */
  readonly pairing: {
    /** To a person, and to a group: with the code that identifies them to an operator. */
    readonly code: (code: string) => string;
    readonly groupCode: (code: string) => string;
    /** To owners and admins; the sender is named below. */
    readonly question: string;
    readonly groupQuestion: string;
    /** Replaces the buttons where there are none. */
    readonly byOperator: (code: string) => string;
    readonly welcome: string;
    readonly groupWelcome: string;
    readonly denied: string;
  };

  /** Replaces an answer. */
  readonly refusal: {
    /** With the id by which an operator can find them: their own, and no one else's. */
    readonly person: (id: string) => string;
    readonly group: (id: string) => string;
  };
  readonly overflow: string;
  readonly failed: string;
  readonly timedOut: string;
  readonly modelRefusedRequest: string;
  readonly tooLong: string;
  readonly stepsExhausted: string;
  readonly budget: Readonly<Record<BudgetOwner, string>>;
  /** At most 200 characters each, no Markdown. */
  readonly declined: { readonly payment: string; readonly elsewhere: string };
  readonly files: FileI18n;
  readonly empty: string;
  readonly filtered: string;
  /** For an answer that failed the check of answers. */
  readonly notSent: string;
  readonly cutOff: string;
}
