import type { Edit } from './build.js';
import type { Role } from './slot.js';

/** A point in the product's work, between two of its steps. */
export interface KillPoint {
  readonly name: string;
  readonly role: Role;
  readonly file: string;
  /** The statement before which it lies. */
  readonly before: RegExp;
}

const turn = 'agent/turn/turn-runner.js';
const work = 'agent/turn/turn-work.js';
const model = 'agent/turn/model-steps.js';
const tools = 'agent/turn/tool-calls.js';
const send = 'delivery/deliverer.js';
const records = 'delivery/send-records.js';
const door = 'inbox/inbox.service.js';

/** Every gap that a turn and its reply go through, in their order. */
export const killPoints: readonly KillPoint[] = [
  {
    name: 'before the event is stored',
    role: 'web',
    file: door,
    before: /const stored = await this\.events\.store/,
  },
  { name: 'before the door answers', role: 'web', file: door, before: /const outcomes = stored\.map/ },
  { name: 'before the claim', role: 'worker', file: turn, before: /const claimed = await this\.claim\.next/ },
  { name: 'after the claim', role: 'worker', file: turn, before: /if \(claimed\.kind === 'nothing'\)/ },
  {
    name: 'before the model call',
    role: 'worker',
    file: model,
    before: /const answer = await this\.model\.complete/,
  },
  {
    name: 'after the model call',
    role: 'worker',
    file: model,
    before: /const \{ inputTokens, outputTokens, finishReason: finish \} = answer/,
  },
  { name: 'after the model step', role: 'worker', file: model, before: /return answer;/ },
  { name: 'before the tool call', role: 'worker', file: tools, before: /const result = admission/ },
  { name: 'after the tool call', role: 'worker', file: tools, before: /const step = stepOf\(result\)/ },
  { name: 'after the tool step', role: 'worker', file: tools, before: /return \{ callId: placed/ },
  {
    name: 'before the turn ends',
    role: 'worker',
    file: work,
    before: /return await this\.endings\.finish\(lease, turn, \{/,
  },
  { name: 'after the turn has ended', role: 'worker', file: turn, before: /const ms = spentMs\(\)/ },
  {
    name: 'before the mark of the send',
    role: 'worker',
    file: send,
    before: /const waitMs = await this\.replies\.markSending\(/,
  },
  { name: 'before the send', role: 'worker', file: send, before: /const outcome = await this\.sendOnce\(/ },
  { name: 'after the send', role: 'worker', file: send, before: /const tries = this\.triesOf\(reply\)/ },
  {
    name: 'after the record of the send',
    role: 'worker',
    file: records,
    before: /this\.logger\.log\(\{\s*msg: 'reply sent'/,
  },
];

/** Prepares a build for them. */
export const editsFor = (points: readonly KillPoint[]): readonly Edit[] =>
  points.map(({ name, file, before }) => ({
    file,
    find: before,
    put: `dieAt(${JSON.stringify(name)}); $&`,
  }));
