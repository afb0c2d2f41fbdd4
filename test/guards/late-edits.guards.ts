import type { Guard } from './guard.js';

const deliverer = 'src/delivery/deliverer.ts';
const lateEdits = 'src/delivery/late-edit.repository.ts';
const screen = 'src/agent/live/message-screen.ts';
const settled = 'src/delivery/confirmations.spec.ts';
const live = 'src/agent/live/late-live-edits.spec.ts';

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
}

const list: readonly LateEditGuard[] = [
  {
    id: 'found-sending',
    keeps: 'An edit whose sender died is followed by its message’s newest text',
    file: 'src/delivery/reply.repository.ts',
    within: 'async markSending(',
    find: "reply.state === 'sending' && channelMessageId !== null",
    replace: 'false && channelMessageId !== null',
    spec: settled,
    test: 'is put in once more after an edit whose sender died in it',
  },
  {
    id: 'unknown',
    keeps: 'An edit of unknown outcome is followed by its message’s newest text',
    file: deliverer,
    within: 'private async deliver(',
    find: "if (outcome.kind === 'unknown') await this.lateEdits.mark(message, LATE_MS);",
    spec: settled,
    test: 'is put in once more after an edit whose connection broke',
  },
  {
    id: 'lane-lost',
    keeps: 'An edit that ends after its sender has lost the lane is followed by its message’s newest text',
    file: deliverer,
    within: 'private async edit(',
    find: 'if (error instanceof LeaseLostError) await insist(() => this.lateEdits.mark(message, forMs));',
    spec: settled,
    test: 'is put in once more where a sender that was suspended has put an older one in',
  },
  {
    id: 'not-at-once',
    keeps: 'A text is not confirmed in the run that has put it in, before anything can have come late',
    file: deliverer,
    within: 'private async drain(',
    find: 'justSettled.add(reply.id);',
    spec: settled,
    test: 'is put in once more after an edit whose connection broke',
  },
  {
    id: 'marked-meanwhile',
    keeps: 'What is marked while a text is confirmed is confirmed after that',
    file: lateEdits,
    within: 'async end(',
    find: 'AND marks = ${marks}',
    replace: 'AND ${marks}::int > 0',
    spec: settled,
    test: 'is put in once more for an edit that was marked while that was under way',
  },
  {
    id: 'confirmation-late-itself',
    keeps: 'A confirmation whose sender died is followed by its message’s newest text',
    file: lateEdits,
    within: 'async begin(',
    find: 'ELSE ${latest} END',
    replace: 'ELSE until END',
    spec: settled,
    test: 'is put in once more after a confirmation whose sender died in it',
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
    test: 'is in doubt no longer because a clock was set back while it was put in',
  },
  {
    id: 'newest-text',
    kind: 'order',
    keeps: 'The text that is put in once more is the newest of its message',
    file: 'src/delivery/reply.repository.ts',
    within: 'async nextOpen(',
    find: 'ORDER BY id DESC LIMIT 1) r',
    replace: 'ORDER BY id LIMIT 1) r',
    spec: settled,
    test: 'is the newest one, where another reply has given the message its text since',
  },
  {
    id: 'confirmation-fence',
    kind: 'fence',
    keeps: 'Who has lost the lane confirms nothing',
    file: lateEdits,
    within: 'private async fenced<',
    find: 'await this.leases.assertHeld(tx, lease);',
    spec: settled,
    test: 'is put in by whoever holds the lane, and by nobody else',
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
    test: 'waits for the flood gate, and counts there',
  },
  {
    id: 'draft-taken-up',
    keeps: 'An edit of a draft that its process died in is followed by the final text',
    file: 'src/delivery/draft.repository.ts',
    within: 'async takeUp(',
    find: 'channelMessageId !== null && editingSince !== null',
    replace: 'channelMessageId !== null && false',
    spec: live,
    test: 'is put in once more after an edit whose process died, and another one has finished the turn',
  },
  {
    id: 'draft-gone-on',
    keeps: 'The same where the next process goes on with the draft',
    file: 'src/agent/live/live-replies.ts',
    within: 'async of(',
    find: 'channelMessageId !== null && draft?.editingSince',
    replace: 'channelMessageId !== null && draft === null',
    spec: live,
    test: 'is put in once more after such an edit, where the next process has shown more of it',
  },
  {
    id: 'draft-unknown',
    keeps: 'An edit of a draft of unknown outcome is followed by the final text',
    file: screen,
    within: 'async show(',
    find: "if (outcome.kind === 'unknown') await this.markLate(this.messageId, LATE_MS);",
    spec: live,
    test: 'is put in once more after an edit whose connection broke',
  },
  {
    id: 'draft-overtaken',
    keeps: 'An edit of a draft that somebody else has taken over is followed by the final text',
    file: screen,
    within: 'async show(',
    find: 'if (!(await this.drafts.edited(turnId, edit))) await this.markLate(this.messageId, 0);',
    replace: 'await this.drafts.edited(turnId, edit);',
    spec: live,
    test: 'is put in once more though the edit of such a process comes after all confirmations',
  },
  {
    id: 'draft-edited',
    keeps: 'Where every edit was answered, the final text is put in once',
    file: 'src/delivery/draft.repository.ts',
    within: 'async edited(',
    find: 'SET editing_since = NULL',
    replace: 'SET editing_since = editing_since',
    spec: live,
    test: 'is put in once, where every edit before it was answered',
  },
  {
    id: 'draft-turn-lost',
    keeps:
      'An edit that a process was in when it heard that it has lost the turn is followed by the final text',
    file: screen,
    within: 'async end(',
    find: 'await this.markLate(this.messageId, this.inDoubt ? LATE_MS : 0).catch(() => undefined);',
    spec: live,
    test: 'is put in once more where the process hears in its last edit that the turn is another one’s',
  },
  {
    id: 'swept',
    kind: 'sweep part',
    keeps: 'A text that is to be put in once more is found though its wake-up was lost',
    file: 'src/queue/sweep.repository.ts',
    within: 'export function dueStatement(',
    find: 'WHERE ${isDue(confirmationDeferral)} AND',
    replace: 'WHERE false AND ${isDue(confirmationDeferral)} AND',
    spec: 'src/queue/sweep.repository.spec.ts',
    test: 'finds a text that is to be put in once more, as soon as it is due',
  },
  {
    id: 'chat-moved',
    keeps: 'A text is not put into another message of the chat’s new id',
    file: 'src/moves/shown-messages.ts',
    within: 'async forget(',
    find: 'await tx.lateEdit.deleteMany({ where: { conversationId: id } });',
    spec: 'src/moves/chat-moves.spec.ts',
    test: 'does not edit in the new chat what was shown in the old one',
  },
];

/** What may overwrite a text that was put in before it, and what lets anything else than Telegram speak for it. */
export const lateEditGuards: readonly Guard[] = [
  ...list.map(({ id, kind = 'condition', keeps, spec, test, ...without }): Guard => ({
    id: `late-edits/${id}`,
    kind,
    promises: [4],
    keeps,
    without,
    spec,
    test,
  })),
  {
    id: 'delivery/own-answer',
    kind: 'condition',
    promises: [4],
    keeps: 'Only an answer in the Bot API’s shape says what Telegram did',
    without: {
      file: 'src/telegram/bot-api/bot-api-fetch.ts',
      within: 'export async function botApiFetch(',
      find: 'throw new ForeignAnswerError(response);',
      replace:
        "if (response) return Response.json({ ok: false, error_code: response.status, description: 'x' }); throw new ForeignAnswerError(response);",
    },
    spec: 'src/telegram/bot-api/bot-api.spec.ts',
    test: 'does not know what a 504 Gateway Time-out without the Bot API’s JSON did, and names it',
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
    spec: 'src/agent/waiting/wait-notices.spec.ts',
    test: 'is told when the flood gate opens, and not before: the lane comes back for it',
  },
];
