import type { RoughTime } from './rough-time.js';

/** Whose budget is used up. */
export type BudgetOwner = 'turn' | 'user' | 'chat' | 'all';

/** What becomes of messages that come while the agent works. */
export type ModeName = 'queue' | 'steer' | 'interrupt' | 'collect';

/** How a question about a tool call ended; `withdrawn`: its turn was cancelled. */
export type QuestionEnding = 'approved' | 'denied' | 'expired' | 'withdrawn';

/**
 * Why somebody is asked about a tool call: it is always so; or text was read that neither the user nor we wrote, and the call
 * changes something, or goes to an `address` that the model has made.
 */
export type ApprovalReason = 'rule' | 'outside' | 'address';

/** What a user can type, without the slash. */
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

/** How a group has it. */
export interface ShownSettings {
  readonly mode: ModeName;
  readonly answers: 'mentioned' | 'all';
  /** Messages kept as context; 0: none. */
  readonly window: number;
  /** The most that may be kept. */
  readonly most: number;
}

/** Why something that was sent is not looked at. */
export interface FileTexts {
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
 * All that a user reads and no model wrote, in Markdown. Each language is one object of this type, so that a text which
 * one of them lacks does not compile. Where a text has arguments the language decides about order, number and case.
 */
export interface Texts {
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
    /** @param whose null: nobody else is told of */
    readonly today: (whose: 'user' | 'chat' | null, amount: string) => string;
    readonly month: (whose: 'user' | 'chat' | null, amount: string) => string;
    /** Follows what was used today. */
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
  /** Of a group, or of one of its topics. */
  readonly settings: {
    readonly shown: (settings: ShownSettings) => string;
    /** @param most that a window may have */
    readonly usage: (most: number) => string;
    readonly groupsOnly: string;
    readonly adminsOnly: string;
    readonly notChecked: string;
  };
  /** Of each command, for Telegram's menu: at most 256 characters, no Markdown. */
  readonly menu: Readonly<Record<CommandName, string>>;

  /** @param position in the line of all chats; null: the chat waits for its own limit */
  readonly waiting: (position: number | null, wait: RoughTime) => string;

  /** While a turn runs. */
  readonly stoppedHere: string;
  readonly stoppedByOperator: string;
  readonly stoppedHereByOperator: string;
  readonly working: (tools: readonly string[]) => string;

  /** Tool calls that a person has to allow. Buttons and what a press says hold no Markdown. */
  readonly approvals: {
    readonly question: string;
    /** Behind the question. */
    readonly why: Readonly<Record<ApprovalReason, string>>;
    /** Behind that, where it cannot be told who of several people is to be asked. */
    readonly adminsOnly: string;
    /** In the place of a call that takes messages of its own, before this one. */
    readonly above: (tool: string) => string;
    readonly approve: string;
    readonly deny: string;
    readonly waiting: (tools: readonly string[]) => string;
    readonly notYours: string;
    /** At most 200 characters, as all that a press says. */
    readonly notShown: string;
    readonly decided: string;
    readonly decidedAlready: string;
    readonly operator: string;
    /** @param by who decided; null: nobody */
    readonly ending: (ending: QuestionEnding, by: string | null) => string;
  };

  /** Chats that ask to be let in. */
  readonly pairing: {
    /** To a person, and to a group: with the code by which an operator knows them. */
    readonly code: (code: string) => string;
    readonly groupCode: (code: string) => string;
    /** To owners and admins; who it is stands below. */
    readonly question: string;
    readonly groupQuestion: string;
    readonly welcome: string;
    readonly groupWelcome: string;
    readonly denied: string;
  };

  /** In the place of an answer. */
  readonly refusal: {
    /** With the id by which the operator can list them: their own, and nobody else's. */
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
  readonly files: FileTexts;
  readonly empty: string;
  readonly filtered: string;
  /** No answer passed the check of answers. */
  readonly notSent: string;
  readonly cutOff: string;
}
