import type { Guard } from './guard.js';

const store = 'src/triggers/receiving/webhook.repository.ts';
const inbox = 'src/triggers/receiving/webhook-inbox.ts';
const inboxSpec = 'src/triggers/receiving/webhook-inbox.spec.ts';
const receiver = 'src/triggers/receiving/webhook-receiver.ts';
const receiverSpec = 'src/triggers/receiving/webhook-receiver.spec.ts';
const routing = 'src/triggers/routing/routing.repository.ts';
const routingSpec = 'src/triggers/routing/routing.service.spec.ts';
const expressionsSpec = 'src/triggers/expressions/expressions.spec.ts';

/** Webhooks of sources: each once, in order, authentic, and each a message once. */
export const triggerGuards: readonly Guard[] = [
  {
    id: 'triggers/webhook-once',
    kind: 'condition',
    promises: [2],
    keeps: 'A webhook that is stored already is not stored again',
    without: {
      file: store,
      within: 'const STORE_WEBHOOKS',
      find: '    ON CONFLICT (source, external_id) DO NOTHING\n',
    },
    spec: inboxSpec,
    test: 'stores one of several with the same id, however they arrive',
    error: 'the webhook could not be stored',
  },
  {
    id: 'triggers/webhook-order',
    kind: 'order',
    promises: [3],
    keeps: 'Webhooks of one commit have ids in the order of their arrival',
    without: {
      file: store,
      within: 'const STORE_WEBHOOKS',
      find: 'ORDER BY a.position',
      replace: 'ORDER BY a.position DESC',
    },
    spec: inboxSpec,
    test: 'keeps the order of arrival',
  },
  {
    id: 'triggers/source-there',
    kind: 'lock',
    promises: [1],
    keeps: 'The deletion of a source either drops a webhook that arrives meanwhile, or is seen by it',
    without: { file: store, within: 'const STORE_WEBHOOKS', find: ' FOR KEY SHARE' },
    spec: inboxSpec,
    test: 'stores none of a source that is deleted, though this process does not know it yet',
  },
  {
    id: 'triggers/backlog',
    kind: 'limit',
    promises: [7],
    keeps: 'A source has no more than 10,000 webhooks that no trigger has seen',
    without: {
      file: inbox,
      within: 'private async store(',
      find: 'await this.backlog.admit(webhooks.map(({ source }) => source))',
      replace: 'webhooks.map(() => true)',
    },
    spec: inboxSpec,
    test: 'asks to send again when too many of a source wait, and of that source alone',
  },
  {
    id: 'triggers/loopback',
    kind: 'condition',
    promises: [],
    keeps: 'Webhooks without a signature are taken from this machine alone',
    without: {
      file: receiver,
      within: 'private verify(',
      find: '!isOfThisMachine(request)',
      replace: 'request.addresses.length === 0',
    },
    spec: receiverSpec,
    test: 'takes webhooks without a signature from this machine alone',
  },
  {
    id: 'triggers/body-depth',
    kind: 'limit',
    promises: [7],
    keeps: 'A webhook is nested no deeper than what evaluates it can follow',
    without: {
      file: 'src/triggers/receiving/webhook-body.ts',
      within: 'function readJson(',
      find: 'depthOf(received) > MAX_DEPTH',
      replace: 'depthOf(received) > 1_000_000_000',
    },
    spec: 'src/triggers/receiving/webhook-body.spec.ts',
    test: 'is refused if it is no JSON, or nested too deeply',
  },
  {
    id: 'triggers/source-locked',
    kind: 'lock',
    promises: [2, 3],
    keeps: 'One process at a time routes the webhooks of a source',
    without: { file: routing, within: 'async lockSource(', find: ' FOR NO KEY UPDATE SKIP LOCKED' },
    spec: routingSpec,
    test: 'leaves a source to the process that has it, and its webhooks waiting where the commit fails',
  },
  {
    id: 'triggers/target-held',
    kind: 'lock',
    promises: [1],
    keeps: 'An erasure either finds the message of a webhook, or is seen by its routing',
    without: { file: routing, within: 'async hold(', find: ' FOR KEY SHARE' },
    spec: routingSpec,
    test: 'leaves a source to the process that has it, and its webhooks waiting where the commit fails',
  },
  {
    id: 'triggers/sweep-webhooks',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds webhooks whose wake-up was lost',
    without: {
      file: routing,
      within: 'export function waitingSourcesStatement(',
      find: 'WHERE (SELECT true',
      replace: 'WHERE false AND (SELECT true',
    },
    spec: routingSpec,
    test: 'is found by the sweep where something waits',
  },
  {
    id: 'triggers/loop-in-loop',
    kind: 'limit',
    promises: [7],
    keeps: 'An expression ends in a time that its length and the body bound',
    without: {
      file: 'src/triggers/expressions/expression.ts',
      within: 'function assertBounded(',
      find: 'if (isLoop && loop !== null)',
      replace: 'if (isLoop && loop !== null && name === null)',
    },
    spec: expressionsSpec,
    test: 'is refused where it loops in a loop',
  },
  {
    id: 'triggers/looped-values',
    kind: 'limit',
    promises: [7],
    keeps: 'An expression with a loop sees no more than 5,000 values',
    without: {
      file: 'src/triggers/expressions/expression.ts',
      within: 'run(input: TriggerInput)',
      find: 'this.loops && ',
      replace: 'this.loops && input.source === null && ',
    },
    spec: expressionsSpec,
    test: 'fails rather than loops over a large body',
  },
  {
    id: 'triggers/template-steps',
    kind: 'limit',
    promises: [7],
    keeps: 'A rendering ends, however its sections repeat one another',
    without: {
      file: 'src/triggers/expressions/template.ts',
      within: 'override renderTokens(',
      find: 'if (this.steps > MAX_STEPS) throw tooLong();',
      replace: "if (this.steps > MAX_STEPS) throw new Error('steps');",
    },
    spec: expressionsSpec,
    test: 'fails rather than repeats itself without an end',
  },
  {
    id: 'triggers/own-fields',
    kind: 'condition',
    promises: [],
    keeps: 'A template sees the own fields of a body, and nothing of the program',
    without: {
      file: 'src/triggers/expressions/template.ts',
      within: 'const hasOwn =',
      find: 'Object.hasOwn(value, field)',
      replace: 'field in value',
    },
    spec: expressionsSpec,
    test: 'sees no more than the own fields of the body',
    error: 'Cannot use higher-order sections',
  },
];
