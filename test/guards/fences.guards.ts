import type { Guard } from './guard.js';

const spec = 'src/queue/lease/fence.spec.ts';
const ASSERT = 'await this.leases.assertHeld(tx, lease);';

interface Fence {
  readonly id: string;
  readonly promises: readonly number[];
  readonly file: string;
  /** The member that contains it; none: it is the file's only fence. */
  readonly within?: string;
  readonly find?: string;
  /** Default: nothing. */
  readonly replace?: string;
  /** `Class.method`: the call that it refuses. */
  readonly of: string;
}

const reply = 'src/delivery/reply.repository.ts';
const draft = 'src/delivery/draft.repository.ts';
const notice = 'src/delivery/wait-notice.repository.ts';
const turn = 'src/agent/turns/turn.repository.ts';
const turnClaim = 'src/agent/turns/turn-claim.repository.ts';
const completion = 'src/agent/turns/turn-completion.repository.ts';
const stop = 'src/agent/turns/turn-stop.repository.ts';
const step = 'src/agent/turns/step.repository.ts';
const summary = 'src/agent/context/summary.repository.ts';

const fences: readonly Fence[] = [
  {
    id: 'reply-marked',
    promises: [4],
    file: reply,
    within: 'async markSending(',
    of: 'ReplyRepository.markSending',
  },
  {
    id: 'reply-sent',
    promises: [4],
    file: reply,
    within: 'async sent(',
    find: 'FROM held WHERE id = ${id}',
    replace: 'WHERE id = ${id}',
    of: 'ReplyRepository.sent',
  },
  {
    id: 'reply-marked-as-seen',
    promises: [4],
    file: 'src/delivery/flood/flood-windows.repository.ts',
    within: 'countSeen(',
    find: 'FROM held, flood_windows w',
    replace: 'FROM flood_windows w',
    of: 'ReplyRepository.markSending, by the windows that it saw',
  },
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
  {
    id: 'turn-begun',
    promises: [2, 3],
    file: 'src/agent/turns/begin-turn.ts',
    within: 'function beginTurn(',
    find: 'FROM held, events e',
    replace: 'FROM events e',
    of: 'TurnClaimRepository.begin',
  },
  {
    id: 'turn-joined',
    promises: [2, 3],
    file: turnClaim,
    within: 'async join(',
    of: 'TurnClaimRepository.join',
  },
  {
    id: 'turn-taken-over',
    promises: [3],
    file: turn,
    within: 'async takeOver(',
    of: 'TurnRepository.takeOver',
  },
  {
    id: 'turn-handed-back',
    promises: [3],
    file: turn,
    within: 'async handBack(',
    of: 'TurnRepository.handBack',
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
    file: turnClaim,
    within: 'async passOver(',
    of: 'TurnClaimRepository.passOver',
  },
  {
    id: 'turn-ended',
    promises: [3, 4],
    file: 'src/queue/lease/lease.repository.ts',
    within: 'async commitLast<T>(',
    find: 'if (held.length === 0) throw lost(lease);',
    of: 'TurnCompletionRepository.finish',
  },
  {
    id: 'turn-failed',
    promises: [3, 6],
    file: completion,
    within: 'private async unlessBlocked(',
    of: 'TurnCompletionRepository.fail',
  },
  {
    id: 'messages-dropped',
    promises: [1],
    file: 'src/agent/turns/turn-drop.repository.ts',
    within: 'async dropAll(',
    of: 'TurnDropRepository.dropAll',
  },
  {
    id: 'messages-dropped-unreachable',
    promises: [1],
    file: 'src/agent/turns/turn-drop.repository.ts',
    within: 'async dropUnreachable(',
    of: 'TurnDropRepository.dropUnreachable',
  },
  {
    id: 'stop',
    promises: [3],
    file: stop,
    within: 'async stop(',
    find: 'await this.leases.assertHeld(tx, holder)',
    of: 'TurnStopRepository.stop',
  },
  {
    id: 'stop-preview',
    promises: [3],
    file: stop,
    within: 'async stopPreview(',
    find: 'await this.leases.assertHeld(tx, holder)',
    of: 'TurnStopRepository.stopPreview',
  },
  {
    id: 'step',
    promises: [5],
    file: step,
    within: 'async add(',
    find: 'FROM held',
    replace: 'FROM (SELECT) AS nothing',
    of: 'StepRepository.add',
  },
  {
    id: 'step-settled',
    promises: [5],
    file: step,
    within: 'async recordResult(',
    of: 'StepRepository.recordResult',
  },
  {
    id: 'step-taken-back',
    promises: [5],
    file: step,
    within: 'async takeBack(',
    of: 'StepRepository.takeBack',
  },
  {
    id: 'turned-away',
    promises: [1],
    file: 'src/agent/turns/access-filter.ts',
    of: 'AccessFilter.turnAwayUnadmitted',
  },
  { id: 'placeholder', promises: [4], file: 'src/agent/loop/placeholder.ts', of: 'Placeholder.show' },
  {
    id: 'correction',
    promises: [3],
    file: 'src/agent/turns/corrections.repository.ts',
    of: 'CorrectionsRepository.begin',
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
    file: 'src/agent/commands/command-handler.ts',
    within: 'private async lockConversation(',
    find: 'await this.leases.assertHeld(tx, holder)',
    of: 'CommandsService.handleWaiting',
  },
  {
    id: 'file-read',
    promises: [5],
    file: 'src/agent/attachments/attachment.repository.ts',
    of: 'AttachmentRepository.recordOutcome',
  },
  {
    id: 'group-context',
    promises: [5],
    file: 'src/agent/context/turn-group-context.repository.ts',
    of: 'TurnGroupContextRepository.loadForTurn',
  },
  {
    id: 'budget-reserved',
    promises: [7],
    file: 'src/budget/budget-ledger.repository.ts',
    of: 'BudgetLedgerRepository.reserve',
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
    within: 'async closeRequest(',
    of: 'SummaryRepository.closeRequest',
  },
  {
    id: 'summary-put-off',
    promises: [7],
    file: summary,
    within: 'private async putOff(',
    of: 'SummaryRepository.fail',
  },
];

/** A holder that lost the lease commits nothing: the first statement of each transaction that needs it. */
export const fenceGuards: readonly Guard[] = fences.map(
  ({ id, promises, file, within, find = ASSERT, replace = find === ASSERT ? '' : 'void 0', of }) => ({
    id: `fence/${id}`,
    kind: 'fence',
    promises,
    keeps: `\`${of}\` of a holder that was taken over changes nothing`,
    without: {
      file,
      ...(within === undefined ? {} : { within }),
      find,
      replace,
    },
    spec,
    test: `changes no row by ${of}`,
  }),
);
