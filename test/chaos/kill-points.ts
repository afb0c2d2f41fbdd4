import type { Edit } from './build.js';
import type { Role } from './supervised-process.js';

/** A point in the product's work, between two of its steps. */
export interface KillPoint {
  readonly name: string;
  readonly role: Role;
  readonly file: string;
  /** The statement after it. */
  readonly before: RegExp;
}

const claim = 'agent/loop/next-turn.js';
const work = 'agent/loop/turn-executor.js';
const end = 'agent/loop/turn-settlement.js';
const model = 'agent/loop/steps/model-steps.js';
const tools = 'agent/loop/steps/tool-calls.js';
const send = 'delivery/deliverer.js';
const records = 'delivery/send-records.js';
const door = 'inbox/arrival-store.js';

/** Every gap that a turn and its reply go through, in their order. */
export const killPoints: readonly KillPoint[] = [
  {
    name: 'before the event is stored',
    role: 'web',
    file: door,
    before: /const stored = await this\.events\.store/,
  },
  { name: 'before the door answers', role: 'web', file: door, before: /if \(stored\.some\(/ },
  {
    name: 'before the claim',
    role: 'worker',
    file: claim,
    before: /const claimed = await this\.claim\.next/,
  },
  { name: 'after the claim', role: 'worker', file: claim, before: /switch \(claimed\.kind\)/ },
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
    before: /const \{ inputTokens, cachedTokens,/,
  },
  { name: 'after the model step', role: 'worker', file: model, before: /return answer;/ },
  { name: 'before the tool call', role: 'worker', file: tools, before: /const result = admission/ },
  { name: 'after the tool call', role: 'worker', file: tools, before: /const step = stepOf\(result\)/ },
  { name: 'after the tool step', role: 'worker', file: tools, before: /return \{ callId: placed/ },
  {
    name: 'before the turn ends',
    role: 'worker',
    file: work,
    before: /const outcome = await this\.completion\.finish\(/,
  },
  { name: 'after the turn has ended', role: 'worker', file: end, before: /const ended = replied/ },
  {
    name: 'before the mark of the send',
    role: 'worker',
    file: send,
    before: /const waitMs = await this\.replies\.markSending\(/,
  },
  {
    name: 'before the send',
    role: 'worker',
    file: send,
    before: /const outcome = await this\.whileHeld\(lost, \(signal\) =>\s*this\.channel\.send\(/,
  },
  {
    name: 'after the send',
    role: 'worker',
    file: send,
    before: /const isWorkLeft = await this\.record\(reply, outcome, \(\) =>\s*this\.records\.write\(/,
  },
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
