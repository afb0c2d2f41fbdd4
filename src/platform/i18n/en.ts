import { listed, numbered, paragraphs } from './markdown-parts.js';
import { counter } from './plural.js';
import { timeText } from './rough-time.js';
import type { ModeName, QuestionEnding, I18n } from './i18n.js';

const modes: Readonly<Record<ModeName, string>> = {
  queue: 'I finish, then I answer what came meanwhile',
  steer: 'I take it into account at my next step',
  interrupt: 'I stop, and answer everything together',
  collect: 'I wait until you pause, then answer everything together',
};

const settingCommands = (most: number): string[] => [
  '/settings answer mentioned',
  '/settings answer all',
  `/settings window 20 (1 to ${most}), /settings window off`,
  '/settings mode queue, steer, interrupt or collect',
];

const endings: Readonly<Record<QuestionEnding, string>> = {
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Nobody answered in time',
  withdrawn: 'No longer asked for',
};

const whose = { user: 'you, ', chat: 'this chat, ' } as const;

export const en: I18n = {
  locale: 'en-US',
  start: paragraphs(
    '**Hello!** I am an AI assistant. Write to me as you would to a person.',
    'I can calculate, tell the time, remember what you ask me to, remind you, and search what we talked about.',
    'Type /help to see the commands.',
  ),
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
    '- /settings: how I behave in a group; its admins can change it',
  ].join('\n'),
  reset: 'A new beginning: I no longer look at what was said before. What you asked me to remember stays.',
  stopped: 'Stopped.',
  nothingToStop: 'There is nothing to stop.',
  mode: (mode) =>
    [
      `When you write while I am working: **${mode}**.`,
      listed(Object.entries(modes).map(([name, meaning]) => `/mode ${name}: ${meaning}`)),
    ].join('\n'),
  modeUnknown: `There is no such mode. There are: ${Object.keys(modes).join(', ')}.`,
  memory: (facts, summary) =>
    paragraphs(
      '**What I was asked to remember**',
      facts.length > 0 ? numbered(facts) : 'Nothing so far.',
      '**What was said before, in short**',
      summary === '' ? 'There is no summary yet.' : summary,
    ),
  usage: {
    title: '**What was used** (days and months are those of UTC)',
    today: (of, amount) => `${of ? whose[of] : ''}today: ${amount}`,
    month: (of, amount) => `${of ? whose[of] : ''}this month: ${amount}`,
    left: (amount) => `; left: ${amount}`,
    tokens: counter('en-US', { one: 'token', other: 'tokens' }),
  },
  schedules: {
    list: (lines, example) =>
      paragraphs(
        `**What is planned here**\n${listed(lines)}`,
        `To cancel number ${example}, type /schedules cancel ${example}`,
      ),
    line: ({ number, time, rule, text }) =>
      `**${number}**: ${time}${rule === null ? '' : ` and then by the rule \`${rule}\``}: ${text}`,
    none: 'Nothing is planned here. Ask me to remind you of something, or to do something regularly.',
    usage: 'Type /schedules to see what is planned, and /schedules cancel 1 to cancel number 1.',
    cancelled: (line) => `Cancelled: ${line}`,
    unknown: (number) => `There is no number ${number} planned here. Type /schedules to see what is.`,
  },
  settings: {
    shown: ({ mode, answers, window, most }) =>
      paragraphs(
        '**How I behave here**',
        listed([
          answers === 'all'
            ? 'I answer every message'
            : 'I answer those who mention me, reply to me or send a command',
          ...(answers === 'all'
            ? []
            : [
                window === 0
                  ? 'I do not keep what you say to each other'
                  : `I keep the newest ${window} messages that are not for me, as background`,
              ]),
          `/mode: ${modes[mode]}`,
        ]),
        `The admins of this group change it:\n${listed(settingCommands(most))}`,
        'I get messages that are not for me only while my privacy mode is off or I am an admin here.',
      ),
    usage: (most) => `There is no such setting. There are:\n${listed(settingCommands(most))}`,
    groupsOnly: 'That is a setting for groups: here I answer everything.',
    adminsOnly: 'Only the admins of this group can change that.',
    notChecked: 'I could not find out whether you are an admin of this group. Please try again in a moment.',
  },
  menu: {
    start: 'What this bot can do',
    help: 'How to use it',
    reset: 'Begin anew',
    stop: 'Stop the running answer',
    mode: 'What to do with messages that come meanwhile',
    memory: 'What I remember',
    usage: 'What you have used',
    schedules: 'What is planned here',
    settings: 'How I behave in this group',
  },
  waiting: (position, wait) => {
    const time = timeText('en-US', wait);
    return position === null
      ? `_You have written more than I may answer at once. I go on in about ${time}._`
      : `_You are number ${position} in line: about ${time}._`;
  },
  stoppedHere: '_(Stopped here.)_',
  stoppedByOperator: 'The operator has stopped this answer.',
  stoppedHereByOperator: '_(The operator has stopped this answer here.)_',
  working: (tools) => `_${tools.join(', ')} …_`,
  approvals: {
    question: 'May I do this?',
    why: {
      rule: 'I am to ask before each such call.',
      outside:
        'I have read text from outside, such as a page or a forwarded message, and it may have led me to this.',
      address:
        'I have read text from outside, such as a page or a forwarded message, and this address is not one that you gave me: its owner learns all that stands in it.',
    },
    adminsOnly:
      'Several people have written what may have led me to it, or somebody I do not know: only an admin can decide.',
    above: (tool) => `The call of **${tool}** stands above.`,
    approve: '✅ Approve',
    deny: '❌ Deny',
    byOperator: (id) => `The operator decides, by \`POST /admin/approvals/${id}/approve\` or \`/deny\`.`,
    waiting: (tools) =>
      `_(Waiting until somebody allows: ${tools.join(', ')}. You can go on writing meanwhile.)_`,
    notYours: 'This is not for you to decide.',
    notShown: 'Not all of it could be shown here, so it cannot be allowed here.',
    decided: 'Thank you.',
    decidedAlready: 'This was decided already, or its time is over.',
    operator: 'the operator',
    ending: (ending, by) => `${endings[ending]}${by === null ? '' : ` by ${by}`}:`,
  },
  pairing: {
    code: (code) =>
      `This bot is private: its operator has to let you in. Your code is **${code}**, good for an hour. I write to you when it is decided.`,
    groupCode: (code) =>
      `This bot is private: its operator has to let this group in. Its code is **${code}**, good for an hour. I write when it is decided.`,
    question: 'May this person talk to me?',
    groupQuestion: 'May everybody in this group talk to me?',
    byOperator: (code) => `The operator decides, by \`pairing approve ${code}\` or \`pairing deny ${code}\`.`,
    welcome: 'You have been let in. Write to me as you would to a person; /help shows the commands.',
    groupWelcome: 'This group has been let in. Mention me or reply to me, and I answer.',
    denied: 'Sorry, the operator has not allowed it.',
  },
  refusal: {
    person: (id) => `Sorry, this bot is private. Ask its operator to let you in: your id is \`${id}\`.`,
    group: (id) => `Sorry, this bot is private. Ask its operator to let this group in: its id is \`${id}\`.`,
  },
  overflow:
    'You are writing faster than I can answer. Until I have caught up, further messages are not read.',
  failed: 'Sorry, something went wrong and I could not answer this. Please try again later.',
  timedOut: 'Sorry, this took too long and I had to stop. Please try again, perhaps with a smaller question.',
  modelRefusedRequest: 'Sorry, the language model did not accept this request, so I could not answer it.',
  tooLong: 'Sorry, this is more than the language model can take in at once. Please send less at a time.',
  stepsExhausted: 'I stopped here: this needed more steps than I may take for one answer.',
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
  files: {
    tooLarge: (name, megabytes) => `“${name}” is too large for me: I can take up to ${megabytes} MB.`,
    tooLong: (minutes) => `That recording is too long for me: I can listen to up to ${minutes} minutes.`,
    tooMany: (most) => `I can look at ${most} files at once. Please send the others again.`,
    gone: (name) => `I could not download “${name}”. Please send it again.`,
    unreadable: (name) =>
      `I cannot read “${name}”. I can read text, code, CSV, JSON, Markdown and PDF files that have text in them.`,
    noHearing: 'I cannot listen to recordings here. Please write to me instead.',
    notHeard: 'I could not make out that recording. Please try again, or write to me.',
    noSight: 'I cannot see pictures here. Please tell me in words what is in them.',
  },
  empty: 'I have no answer to that. Please put it another way.',
  filtered: 'I cannot answer that: the provider’s content filter stopped the answer.',
  notSent: 'Sorry, I cannot give you an answer to this.',
  cutOff: '_(The answer reached its length limit and ends here.)_',
};
