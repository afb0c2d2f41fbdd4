import { type KillPoint, killPoints } from './kill-points.js';

const preview = 'agent/live/preview-screen.js';
const message = 'agent/live/message-screen.js';
const notices = 'agent/waiting/wait-notices.js';

/** The gaps that every turn goes through, from its end to the record of its send. */
const END_TO_SEND = killPoints.slice(killPoints.findIndex(({ name }) => name === 'before the turn ends'));

/** What lies between a preview's first showing and the answer that is sent in the end. */
export const previewKillPoints: readonly KillPoint[] = [
  { name: 'before the preview is on record', role: 'worker', file: preview, before: /if \(this\.begun\)/ },
  {
    name: 'before the preview is shown',
    role: 'worker',
    file: preview,
    before: /const outcome = await this\.channel\.preview\(/,
  },
  {
    name: 'after the preview is shown',
    role: 'worker',
    file: preview,
    before: /if \(outcome\.kind === 'unavailable'/,
  },
  ...END_TO_SEND,
];

/** The one gap after which nobody knows the message that Telegram has. */
export const MESSAGE_UNKNOWN = 'after the message is sent';

/** What lies around the first showing of a message that is edited until it is the answer. */
export const messageKillPoints: readonly KillPoint[] = [
  {
    name: 'before the message is on record',
    role: 'worker',
    file: message,
    before: /if \(!\(await this\.drafts\.begin\(/,
  },
  {
    name: 'before the message is sent',
    role: 'worker',
    file: message,
    before: /const outcome = await this\.channel\.send\(/,
  },
  { name: MESSAGE_UNKNOWN, role: 'worker', file: message, before: /if \(outcome\.kind === 'sent'\)/ },
  {
    name: 'after the message is known',
    role: 'worker',
    file: message,
    before: /return \{ kind: 'shown' \};/,
  },
];

/** The one gap after which nobody knows the notice that Telegram has. */
export const NOTICE_UNKNOWN = 'after the notice is sent';

/** What lies between the telling that a chat has to wait and the answer that the notice becomes. */
export const noticeKillPoints: readonly KillPoint[] = [
  { name: 'before the notice is on record', role: 'worker', file: notices, before: /if \(!written \|\|/ },
  {
    name: 'before the notice is sent',
    role: 'worker',
    file: notices,
    before: /const outcome = await this\.channel\.send\(/,
  },
  {
    name: NOTICE_UNKNOWN,
    role: 'worker',
    file: notices,
    before: /if \(outcome\?\.kind === 'sent'\)\s*await this\.notices\.shown/,
  },
  {
    name: 'after the notice is known',
    role: 'worker',
    file: notices,
    before: /this\.logger\.log\(\{\s*msg: outcome/,
  },
  {
    name: 'before the notice is the draft of the turn',
    role: 'worker',
    file: 'agent/turn/turn.repository.js',
    before: /await this\.waitNotices\.becomeDraft\(/,
  },
  {
    name: 'before the notice shows what the turn does',
    role: 'worker',
    file: message,
    before: /return await this\.heed\(await this\.channel\.edit\(/,
  },
  ...END_TO_SEND,
];
