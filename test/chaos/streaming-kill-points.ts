import { type KillPoint, killPoints } from './kill-points.js';

const preview = 'agent/streaming/ephemeral-preview-target.js';
const message = 'agent/streaming/message-preview-target.js';
const notices = 'agent/turns/wait-notices.js';

/** The gaps that every turn goes through, from its end to the record of its send. */
const END_TO_SEND = killPoints.slice(killPoints.findIndex(({ name }) => name === 'before the turn ends'));

const sends = 'delivery/deliverer.js';

/** The same where the answer replaces a message: it is sent as an edit of that. */
const END_TO_EDIT = END_TO_SEND.map((point) => {
  if (point.name === 'before the send')
    return {
      ...point,
      file: sends,
      before: /const outcome = await this\.whileHeld\(lost, \(signal\) =>\s*this\.channel\.edit\(/,
    };
  if (point.name === 'after the send')
    return { ...point, file: sends, before: /if \(outcome\.kind !== 'unknown'\)\s*forMs = 0;/ };
  return point;
});

/** The gaps between a preview's first showing and the final answer. */
export const previewKillPoints: readonly KillPoint[] = [
  { name: 'before the preview is on record', role: 'worker', file: preview, before: /if \(this\.begun\)/ },
  {
    name: 'before the preview is shown',
    role: 'worker',
    file: preview,
    before: /const outcome = await this\.previews\.show\(/,
  },
  {
    name: 'after the preview is shown',
    role: 'worker',
    file: preview,
    before: /if \(outcome\.kind === 'unavailable'/,
  },
  ...END_TO_SEND,
];

/** The one gap after which no process knows Telegram's message. */
export const MESSAGE_UNKNOWN = 'after the message is sent';

/** The gaps around the first showing of a message that is edited until it is the answer. */
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

/** The one gap after which no process knows Telegram's notice. */
export const NOTICE_UNKNOWN = 'after the notice is sent';

/** The gaps between the wait notice and the answer that it becomes. */
export const noticeKillPoints: readonly KillPoint[] = [
  { name: 'before the notice is on record', role: 'worker', file: notices, before: /if \(!written\)/ },
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
    file: 'agent/turns/turn-claim.repository.js',
    before: /const begun = await this\.leases\.queryHeld\(/,
  },
  {
    name: 'before the notice shows what the turn does',
    role: 'worker',
    file: message,
    before: /const outcome = await this\.channel\.edit\(/,
  },
  ...END_TO_EDIT,
];
