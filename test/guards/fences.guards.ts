import type { Guard } from './guard.js';

const spec = 'src/lease/fence.spec.ts';
const ASSERT = 'await this.leases.assertHeld(tx, lease);';

interface Fence {
  readonly id: string;
  readonly promises: readonly number[];
  readonly file: string;
  /** The member in which it stands; the file's only fence: none. */
  readonly within?: string;
  readonly find?: string;
  /** `Class.method`: the call that it keeps from committing. */
  readonly of: string;
}

const reply = 'src/delivery/reply.repository.ts';
const draft = 'src/delivery/draft.repository.ts';
const notice = 'src/delivery/wait-notice.repository.ts';
const turn = 'src/agent/turn/turn.repository.ts';
const endings = 'src/agent/turn/turn-endings.repository.ts';
const stop = 'src/agent/turn/turn-stop.repository.ts';
const step = 'src/agent/turn/step.repository.ts';
const summary = 'src/agent/summaries/summary.repository.ts';

const fences: readonly Fence[] = [
  {
    id: 'reply-marked',
    promises: [4],
    file: reply,
    within: 'async markSending(',
    of: 'ReplyRepository.markSending',
  },
  { id: 'reply-sent', promises: [4], file: reply, within: 'async sent(', of: 'ReplyRepository.sent' },
  {
    id: 'reply-put-back',
    promises: [4],
    file: reply,
    within: 'async putBack(',
    of: 'ReplyRepository.putBack',
  },
  { id: 'reply-buried', promises: [4, 6], file: reply, within: 'async bury(', of: 'ReplyRepository.bury' },
  { id: 'draft', promises: [4], file: draft, within: 'private async fenced<', of: 'DraftRepository.begin' },
  {
    id: 'wait-notice-begun',
    promises: [4],
    file: notice,
    within: 'private async beginWithin(',
    of: 'WaitNoticeRepository.begin',
  },
  {
    id: 'wait-notice-shown',
    promises: [4],
    file: notice,
    within: 'async shown(',
    of: 'WaitNoticeRepository.shown',
  },
  { id: 'turn-begun', promises: [2, 3], file: turn, within: 'async begin(', of: 'TurnRepository.begin' },
  { id: 'turn-joined', promises: [2, 3], file: turn, within: 'async join(', of: 'TurnRepository.join' },
  {
    id: 'turn-taken-over',
    promises: [3],
    file: turn,
    within: 'async takeOver(',
    of: 'TurnRepository.takeOver',
  },
  { id: 'turn-laid-down', promises: [3], file: turn, within: 'async layDown(', of: 'TurnRepository.layDown' },
  {
    id: 'turn-postponed',
    promises: [3, 6],
    file: turn,
    within: 'async postpone(',
    of: 'TurnRepository.postpone',
  },
  {
    id: 'messages-passed-over',
    promises: [1],
    file: turn,
    within: 'async passOver(',
    of: 'TurnRepository.passOver',
  },
  {
    id: 'turn-ended',
    promises: [3, 4],
    file: endings,
    within: 'private async unlessBlocked(',
    of: 'TurnEndings.finish',
  },
  {
    id: 'messages-dropped',
    promises: [1],
    file: endings,
    within: 'async dropAll(',
    of: 'TurnEndings.dropAll',
  },
  {
    id: 'messages-dropped-unreachable',
    promises: [1],
    file: endings,
    within: 'async dropUnreachable(',
    of: 'TurnEndings.dropUnreachable',
  },
  {
    id: 'stop',
    promises: [3],
    file: stop,
    within: 'async stop(',
    find: 'await this.leases.assertHeld(tx, holder)',
    of: 'TurnStop.stop',
  },
  {
    id: 'stop-preview',
    promises: [3],
    file: stop,
    within: 'async stopPreview(',
    find: 'await this.leases.assertHeld(tx, holder)',
    of: 'TurnStop.stopPreview',
  },
  { id: 'step', promises: [5], file: step, within: 'async add(', of: 'StepRepository.add' },
  { id: 'step-settled', promises: [5], file: step, within: 'async settle(', of: 'StepRepository.settle' },
  {
    id: 'step-taken-back',
    promises: [5],
    file: step,
    within: 'async takeBack(',
    of: 'StepRepository.takeBack',
  },
  { id: 'turned-away', promises: [1], file: 'src/agent/turn/uninvited.ts', of: 'Uninvited.turnAway' },
  { id: 'opening', promises: [4], file: 'src/agent/turn/opening.ts', of: 'Opening.of' },
  {
    id: 'correction',
    promises: [3],
    file: 'src/agent/corrections/corrections.repository.ts',
    of: 'Corrections.begin',
  },
  {
    id: 'parked',
    promises: [5],
    file: 'src/agent/approvals/approval.repository.ts',
    of: 'ApprovalRepository.park',
  },
  {
    id: 'command-handled',
    promises: [2, 3],
    file: 'src/agent/commands/commands.service.ts',
    within: 'private async lockConversation(',
    find: 'await this.leases.assertHeld(tx, holder)',
    of: 'Commands.handleWaiting',
  },
  {
    id: 'file-read',
    promises: [5],
    file: 'src/agent/attachments/attachment.repository.ts',
    of: 'AttachmentRepository.settle',
  },
  {
    id: 'background',
    promises: [5],
    file: 'src/agent/context/background.repository.ts',
    of: 'Backgrounds.of',
  },
  {
    id: 'budget-reserved',
    promises: [7],
    file: 'src/budget/budget-ledger.repository.ts',
    of: 'BudgetLedger.reserve',
  },
  { id: 'summary-due', promises: [7], file: summary, within: 'async due(', of: 'SummaryRepository.due' },
  {
    id: 'summary-replaced',
    promises: [5],
    file: summary,
    within: 'async replace(',
    of: 'SummaryRepository.replace',
  },
  {
    id: 'summary-settled',
    promises: [5],
    file: summary,
    within: 'async settle(',
    of: 'SummaryRepository.settle',
  },
  {
    id: 'summary-put-off',
    promises: [7],
    file: summary,
    within: 'private async putOff(',
    of: 'SummaryRepository.fail',
  },
];

/** Whoever has lost the lease commits nothing: the first statement of each transaction that needs it. */
export const fenceGuards: readonly Guard[] = fences.map(
  ({ id, promises, file, within, find = ASSERT, of }) => ({
    id: `fence/${id}`,
    kind: 'fence',
    promises,
    keeps: `\`${of}\` of a holder that was taken over changes nothing`,
    without: {
      file,
      ...(within === undefined ? {} : { within }),
      find,
      replace: find === ASSERT ? '' : 'void 0',
    },
    spec,
    test: `changes nothing by ${of}`,
  }),
);
