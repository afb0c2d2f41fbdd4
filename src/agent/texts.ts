import type { BusyMode } from '../generated/prisma/client.js';

/** What the agent says without a model, in Markdown. */
export const texts = {
  start: [
    '**Hello!** I am an AI assistant. Write to me as you would to a person.',
    'I can calculate, tell the time, remember what you ask me to, remind you, and search what we talked about.',
    'Type /help to see the commands.',
  ].join('\n\n'),
  help: [
    '**What you can type**',
    '- /start: a short introduction',
    '- /help: this list',
    '- /reset: begin anew; what I was asked to remember stays',
    '- /stop: stop the answer I am working on',
    '- /mode: what I do with messages that come while I am working',
    '- /memory: what I remember',
    '- /usage: what you have used today and this month',
    '- /schedules: what is planned here; /schedules cancel 1 cancels number 1',
  ].join('\n'),
  reset: 'A new beginning: I no longer look at what was said before. What you asked me to remember stays.',
  stopped: 'Stopped.',
  thinking: '…',
  stoppedHere: '_(Stopped here.)_',
  working: (tools: readonly string[]) => `_${tools.join(', ')} …_`,
  waitsForApproval: (tools: readonly string[]) =>
    `_(Waiting until somebody allows: ${tools.join(', ')}. You can go on writing meanwhile.)_`,
  notYours: 'This is not for you to decide.',
  decided: 'Thank you.',
  decidedAlready: 'This was decided already, or its time is over.',
  nothingToStop: 'There is nothing to stop.',
  mode: (mode: BusyMode, all: readonly BusyMode[]) =>
    [
      `When you write while I am working: **${mode}**.`,
      ...all.map((one) => `- /mode ${one}: ${modeMeaning[one]}`),
    ].join('\n'),
  memory: (facts: readonly string[], summary: string) =>
    [
      '**What I was asked to remember**',
      facts.length > 0
        ? facts.map((fact, index) => `${index + 1}. ${fact.replaceAll(/\s+/g, ' ')}`).join('\n')
        : 'Nothing so far.',
      '**What was said before, in short**',
      summary === '' ? 'There is no summary yet.' : summary,
    ].join('\n\n'),
  modeUnknown: (all: readonly BusyMode[]) => `There is no such mode. There are: ${all.join(', ')}.`,
  schedules: (lines: readonly string[], example: number) =>
    [
      '**What is planned here**',
      ...lines.map((line) => `- ${line}`),
      '',
      `To cancel number ${example}, type /schedules cancel ${example}`,
    ].join('\n'),
  schedulesNone: 'Nothing is planned here. Ask me to remind you of something, or to do something regularly.',
  schedulesUsage: 'Type /schedules to see what is planned, and /schedules cancel 1 to cancel number 1.',
  scheduleCancelled: (line: string) => `Cancelled: ${line}`,
  scheduleUnknown: (number: number) =>
    `There is no number ${number} planned here. Type /schedules to see what is.`,
  refusal: 'Sorry, this bot is private. Ask its operator to let you in.',
  overflow:
    'You are writing faster than I can answer. Until I have caught up, further messages are not read.',
  failed: 'Sorry, something went wrong and I could not answer this. Please try again later.',
  timedOut: 'Sorry, this took too long and I had to stop. Please try again, perhaps with a smaller question.',
  modelRefusedRequest: 'Sorry, the language model did not accept this request, so I could not answer it.',
  tooLong: 'Sorry, this is more than the language model can take in at once. Please send less at a time.',
  stepsExhausted: 'I stopped here: this needed more steps than I may take for one answer.',
  /** By whose budget is used up. */
  budget: {
    turn: 'I stopped here: this needs more than I may spend on one answer.',
    user: 'You have used up your budget for today, so I cannot answer this. It begins anew at 00:00 UTC; /usage shows the figures.',
    chat: 'This chat has used up its budget for today, so I cannot answer this. It begins anew at 00:00 UTC; /usage shows the figures.',
    all: 'I have used up what I may spend today, so I cannot answer this. Please try again after 00:00 UTC.',
  },
  declined: {
    payment: 'Nothing is sold here, so you were not charged.',
    elsewhere: 'Write to me in our own chat',
  },
  /** Why something that was sent is not looked at. */
  files: {
    tooLarge: (name: string, megabytes: number) =>
      `“${name}” is too large for me: I can take up to ${megabytes} MB.`,
    tooLong: (minutes: number) =>
      `That recording is too long for me: I can listen to up to ${minutes} minutes.`,
    tooMany: (most: number) => `I can look at ${most} files at once. Please send the others again.`,
    gone: (name: string) => `I could not download “${name}”. Please send it again.`,
    unreadable: (name: string) =>
      `I cannot read “${name}”. I can read text, code, CSV, JSON, Markdown and PDF files that have text in them.`,
    noHearing: 'I cannot listen to recordings here. Please write to me instead.',
    notHeard: 'I could not make out that recording. Please try again, or write to me.',
    noSight: 'I cannot see pictures here. Please tell me in words what is in them.',
  },
  empty: 'I have no answer to that. Please put it another way.',
  filtered: 'I cannot answer that: the provider’s content filter stopped the answer.',
  cutOff: '_(The answer reached its length limit and ends here.)_',
} as const;

const modeMeaning: Readonly<Record<BusyMode, string>> = {
  queue: 'I finish, then I answer what came meanwhile',
  steer: 'I take it into account at my next step',
  interrupt: 'I stop, and answer everything together',
  collect: 'I wait until you pause, then answer everything together',
};
