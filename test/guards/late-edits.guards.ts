import type { Guard } from './guard.js';

const deliverer = 'src/delivery/deliverer.ts';
const lateEdits = 'src/delivery/late-edit.repository.ts';
const previewTarget = 'src/agent/streaming/message-preview-target.ts';
const settled = 'src/delivery/confirmations.spec.ts';
const streamed = 'src/agent/streaming/late-edits.spec.ts';

interface LateEditGuard {
  readonly id: string;
  readonly kind?: Guard['kind'];
  readonly keeps: string;
  readonly file: string;
  readonly within: string;
  readonly find: string;
  readonly replace?: string;
  readonly spec: string;
  readonly test: string;
  /** As `Guard.error`. */
  readonly error?: string;
}

const list: readonly LateEditGuard[] = [
  {
    id: 'first-draft-on-record',
    kind: 'retry',
    keeps: 'A first draft that was sent is recorded although the database refuses that once',
    file: previewTarget,
    within: 'private async record(',
    find: 'retryWrite(() => this.drafts.shown(lease, turnId, channelMessageId))',
    replace: 'this.drafts.shown(lease, turnId, channelMessageId)',
    spec: 'src/agent/streaming/first-draft.spec.ts',
    test: 'is recorded even if the database refuses that once: the answer replaces it',
    error: 'drafts: away',
  },
  {
    id: 'first-draft-of-nobody',
    kind: 'order',
    keeps: 'No text is in doubt of a message that no reply takes over',
    file: previewTarget,
    within: 'private async showFirst(',
    find: 'await this.record(outcome.channelMessageId);',
    replace: 'this.messageId = outcome.channelMessageId; await this.record(outcome.channelMessageId);',
    spec: 'src/agent/streaming/first-draft.spec.ts',
    test: 'belongs to no turn when its answer was sent before the record: no text of it is in doubt',
  },
  {
    id: 'first-draft-handed-over',
    keeps: 'A first draft whose turn was taken over before it was on record becomes the answer',
    file: previewTarget,
    within: 'private async record(',
    find: 'if (error instanceof LeaseLostError)',
    replace: 'if (error === null)',
    spec: 'src/agent/streaming/first-draft.spec.ts',
    test: 'is handed over when its turn was taken over before the record: the answer replaces it',
  },
  {
    id: 'first-draft-not-behind-a-send',
    keeps: 'A reply that is being sent is not made an edit',
    file: 'src/delivery/draft.repository.ts',
    within: 'async handOver(',
    find: "state: 'uncertain', unknownSends: 1, channelMessageId: null",
    replace: 'unknownSends: 1, channelMessageId: null',
    spec: 'src/agent/streaming/first-draft.spec.ts',
    test: 'belongs to no turn while its answer is being sent',
  },
  {
    id: 'found-sending',
    keeps: 'An edit whose sender died is followed by its message’s newest text',
    file: 'src/delivery/reply.repository.ts',
    within: 'async markSending(',
    find: "reply.state === 'sending' && messageId !== null",
    replace: 'false && messageId !== null',
    spec: settled,
    test: 'sends the text again after an edit whose sender died during the call',
  },
  {
    id: 'unknown',
    keeps: 'An edit of unknown outcome is followed by its message’s newest text',
    file: deliverer,
    within: 'private async deliver(',
    find: "if (outcome.kind === 'unknown') await this.lateEdits.mark(message, LATE_MS);",
    spec: settled,
    test: 'sends the text again after an edit whose connection broke',
  },
  {
    id: 'lane-lost',
    keeps: 'An edit that ends after its sender has lost the lane is followed by its message’s newest text',
    file: deliverer,
    within: 'private async edit<T>(',
    find: 'if (error instanceof LeaseLostError) await retryWrite(() => this.lateEdits.mark(message, forMs));',
    spec: settled,
    test: 'sends the text again after a suspended sender wrote an older one',
  },
  {
    id: 'not-at-once',
    keeps: 'A text is not confirmed in the run that has put it in, before anything can have come late',
    file: deliverer,
    within: 'private async drain(',
    find: 'justSettled.add(reply.id);',
    spec: settled,
    test: 'sends the text again after an edit whose connection broke',
  },
  {
    id: 'marked-meanwhile',
    keeps: 'What is marked while a text is confirmed is confirmed after that',
    file: lateEdits,
    within: 'async end(',
    find: 'AND marks = ${marks}',
    replace: 'AND ${marks}::int > 0',
    spec: settled,
    test: 'repeats for an edit that was marked during the confirmation',
  },
  {
    id: 'confirmation-late-itself',
    keeps: 'A confirmation whose sender died is followed by its message’s newest text',
    file: lateEdits,
    within: 'async begin(',
    find: 'ELSE ${latest} END',
    replace: 'ELSE until END',
    spec: settled,
    test: 'sends the text again after a confirmation whose sender died during the call',
  },
  {
    id: 'doubt-bounded',
    kind: 'limit',
    keeps: 'A doubt lasts no longer because the database’s clock was set back',
    file: lateEdits,
    within: 'const atMost =',
    find: 'least(${until}, ${latest})',
    replace: 'least(${until}, ${until})',
    spec: settled,
    test: 'does not leave the text in doubt longer because a clock was set back during the call',
  },
  {
    id: 'newest-text',
    kind: 'order',
    keeps: 'The text that is put in once more is the newest of its message',
    file: 'src/delivery/reply.repository.ts',
    within: 'reading(conversationId: string)',
    find: 'ORDER BY id DESC LIMIT 1) r',
    replace: 'ORDER BY id LIMIT 1) r',
    spec: settled,
    test: 'sends the newest text when a later reply has changed the message',
  },
  {
    id: 'confirmation-fence',
    kind: 'fence',
    keeps: 'Who has lost the lane confirms nothing',
    file: lateEdits,
    within: 'private async fenced<',
    find: 'await this.leases.assertHeld(tx, lease);',
    spec: settled,
    test: 'runs only under the lease of the lane',
  },
  {
    id: 'confirmation-gated',
    kind: 'limit',
    keeps: 'A confirmation passes the flood gate',
    file: lateEdits,
    within: 'async begin(',
    find: "await this.gate.pass(tx, chat, { class: 'background', inLine: gated })",
    replace: 'Number(gated && chat === null)',
    spec: settled,
    test: 'waits for the flood gate and counts there',
  },
  {
    id: 'draft-taken-up',
    keeps: 'An edit of a draft that its process died in is followed by the final text',
    file: 'src/delivery/outbox.ts',
    within: 'writesOf({ text, turnId }:',
    find: ' AND editing_since IS NOT NULL',
    replace: ' AND false',
    spec: streamed,
    test: 'sends the text again after an edit whose process died, when the turn has finished',
  },
  {
    id: 'draft-gone-on',
    keeps: 'The same where the next process goes on with the draft',
    file: 'src/agent/streaming/streamed-replies.ts',
    within: 'async openForTurn(',
    find: 'channelMessageId !== null && draft?.editingSince',
    replace: 'channelMessageId !== null && draft === null',
    spec: streamed,
    test: 'sends the text again after such an edit, when the next process has shown more of it',
  },
  {
    id: 'draft-unknown',
    keeps: 'An edit of a draft of unknown outcome is followed by the final text',
    file: previewTarget,
    within: 'async show(',
    find: "if (outcome.kind === 'unknown') await this.markLate(this.messageId, LATE_MS);",
    spec: streamed,
    test: 'sends the text again after an edit whose connection broke',
  },
  {
    id: 'draft-overtaken',
    keeps: 'An edit of a draft that somebody else has taken over is followed by the final text',
    file: previewTarget,
    within: 'async show(',
    find: 'if (!(await this.drafts.edited(turnId, edit))) await this.markLate(this.messageId, 0);',
    replace: 'await this.drafts.edited(turnId, edit);',
    spec: streamed,
    test: 'sends the text again when the edit of such a process comes after all confirmations',
  },
  {
    id: 'draft-edited',
    keeps: 'Where every edit was answered, the final text is put in once',
    file: 'src/delivery/draft.repository.ts',
    within: 'async edited(',
    find: 'SET editing_since = NULL',
    replace: 'SET editing_since = editing_since',
    spec: streamed,
    test: 'sends the text once when every earlier edit was answered',
  },
  {
    id: 'draft-turn-lost',
    keeps:
      'An edit that a process was in when it heard that it has lost the turn is followed by the final text',
    file: previewTarget,
    within: 'async end(',
    find: 'await this.markLate(this.messageId, this.inDoubt ? LATE_MS : 0).catch(() => undefined);',
    spec: streamed,
    test: 'sends the text again when the process loses the turn during its last edit',
  },
  {
    id: 'swept',
    kind: 'sweep part',
    keeps: 'A text that is to be put in once more is found though its wake-up was lost',
    file: 'src/workers/sweep.repository.ts',
    within: 'export function dueWorkStatement(',
    find: 'WHERE ${isDue(confirmationDeferral)} AND',
    replace: 'WHERE false AND ${isDue(confirmationDeferral)} AND',
    spec: 'src/workers/sweep.repository.spec.ts',
    test: 'finds a text to be confirmed as soon as it is due',
  },
  {
    id: 'chat-moved',
    keeps: 'A text is not put into another message of the chat’s new id',
    file: 'src/memory/chat-migration/shown-messages.ts',
    within: 'async forget(',
    find: 'await tx.lateEdit.deleteMany({ where: { conversationId: id } });',
    spec: 'src/memory/chat-migration/chat-migration.service.spec.ts',
    test: 'edits in the new chat no message that the old one showed',
  },
];

/** Edits that may overwrite a later text, and answers that are not Telegram's. */
export const lateEditGuards: readonly Guard[] = [
  ...list.map(({ id, kind = 'condition', keeps, spec, test, error, ...without }): Guard => ({
    id: `late-edits/${id}`,
    kind,
    promises: [4],
    keeps,
    without,
    spec,
    test,
    ...(error === undefined ? {} : { error }),
  })),
  {
    id: 'delivery/own-answer',
    kind: 'condition',
    promises: [4],
    keeps: 'Only an answer in the Bot API’s shape settles the outcome of a call',
    without: {
      file: 'src/telegram/bot-api/bot-api-fetch.ts',
      within: 'export async function botApiFetch(',
      find: 'throw new ForeignAnswerError(response);',
      replace:
        "if (response) return Response.json({ ok: false, error_code: response.status, description: 'x' }); throw new ForeignAnswerError(response);",
    },
    spec: 'src/telegram/bot-api/bot-api.spec.ts',
    test: 'reports a 504 Gateway Time-out without the Bot API’s JSON as unknown, and names it',
  },
  {
    id: 'delivery/notice-gated',
    kind: 'limit',
    promises: [7],
    keeps: 'A notice that a chat has to wait passes the flood gate',
    without: {
      file: 'src/delivery/wait-notice.repository.ts',
      within: 'private async beginWithin(',
      find: "await this.gate.pass(tx, chat, { class: 'draft', inLine: false })",
      replace: 'Number(chat === null)',
    },
    spec: 'src/agent/turns/wait-notices.spec.ts',
    test: 'is notified when the flood gate opens, and not before: the lane comes back for it',
  },
];
