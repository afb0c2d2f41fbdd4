import { Injectable } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { CONSOLE_CHANNEL } from '../../channel/console-channel.js';
import { GiveUpError } from '../../platform/errors/errors.js';
import { Ids } from '../../platform/runtime/ids.js';
import { type CoalesceRules, coalesceColumnsOf } from '../coalescing/coalesce-rules.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { inputOf } from '../expressions/trigger-input.js';
import { readTerms, type TurnTerms } from '../turn-terms.js';
import type { Webhook } from '../webhook-event.js';
import { assertRules, evaluationOf, type TriggerDecision } from './evaluate-trigger.js';
import { columnsOf, type TargetWish } from './trigger-target.js';
import { type NamedTrigger, type TriggerFields, TriggerRepository } from './trigger.repository.js';

/** Triggers of one source: each of them decides about each of its webhooks. */
const MAX_TRIGGERS = 50;

/** A trigger as an operator wishes it. */
export interface TriggerWish {
  readonly name: string;
  readonly filter: string | null;
  readonly key: string | null;
  readonly prompt: string;
  readonly instruction: string | null;
  readonly target: TargetWish;
  readonly enabled: boolean;
  readonly terms: TurnTerms;
  /** null: each webhook has a message of its own. */
  readonly coalesce: CoalesceRules | null;
}

/** Absent fields keep their value. */
export type TriggerChange = Partial<Omit<TriggerWish, 'terms'>> & {
  readonly terms?: Partial<TurnTerms>;
};

/** Keeps triggers; each of them is checked before it is saved. */
@Injectable()
export class TriggersService {
  constructor(
    private readonly triggers: TriggerRepository,
    private readonly conversations: ConversationRepository,
    private readonly channel: Channel,
    private readonly ids: Ids,
  ) {}

  async list(after: string | null, limit: number): Promise<NamedTrigger[]> {
    return await this.triggers.list(after, limit);
  }

  /** @throws GiveUpError with a code: TRIGGER_UNKNOWN */
  async get(id: string): Promise<NamedTrigger> {
    const trigger = await this.triggers.find(id);
    if (!trigger) throw unknown();
    return trigger;
  }

  /** @throws GiveUpError with a code: TRIGGER_INVALID, TRIGGER_NAME_TAKEN, SOURCE_TRIGGERS_FULL */
  async create(source: string, { target, coalesce, ...wish }: TriggerWish): Promise<NamedTrigger> {
    assertRules(wish);
    await this.assertTarget(target);
    assertCoalesce(coalesce);
    if ((await this.triggers.countOf(source)) >= MAX_TRIGGERS)
      throw new GiveUpError('SOURCE_TRIGGERS_FULL', `A source has at most ${MAX_TRIGGERS} triggers`);
    const id = this.ids.next();
    const fields = { ...wish, ...columnsOf(target, id), ...coalesceColumnsOf(coalesce) };
    const created = await this.triggers.create(id, source, fields);
    if (created === 'name-taken') throw nameTaken();
    if (created === 'source-unknown') throw invalid(`source: there is none named ${source}`);
    return created;
  }

  /** @throws GiveUpError with a code: TRIGGER_UNKNOWN, TRIGGER_INVALID, TRIGGER_NAME_TAKEN */
  async change(id: string, { target, terms, coalesce, ...wish }: TriggerChange): Promise<NamedTrigger> {
    const present = await this.get(id);
    assertRules({ ...present, ...wish });
    if (target) await this.assertTarget(target);
    if (coalesce) assertCoalesce(coalesce);
    const fields: Partial<TriggerFields> = {
      ...wish,
      ...(terms && { terms: { ...readTerms(present.terms), ...terms } }),
      ...(target && columnsOf(target, id)),
      ...(coalesce !== undefined && coalesceColumnsOf(coalesce)),
    };
    const changed = await this.triggers.change(id, fields);
    if (changed === 'name-taken') throw nameTaken();
    if (!changed) throw unknown();
    return changed;
  }

  /** @throws GiveUpError with a code: TRIGGER_UNKNOWN */
  async remove(id: string): Promise<void> {
    if (!(await this.triggers.remove(id))) throw unknown();
  }

  /** Decides about a webhook as routing would; does nothing. @throws GiveUpError with a code: TRIGGER_UNKNOWN */
  async test(id: string, webhook: Webhook): Promise<TriggerDecision> {
    const trigger = await this.get(id);
    return evaluationOf(trigger)(inputOf(trigger.source.name, webhook));
  }

  /** The same with a stored webhook. @throws GiveUpError with a code: TRIGGER_UNKNOWN, WEBHOOK_UNKNOWN */
  async testStored(id: string, eventId: bigint): Promise<TriggerDecision> {
    const webhook = await this.triggers.findWebhook(eventId);
    if (!webhook)
      throw new GiveUpError('WEBHOOK_UNKNOWN', 'There is no webhook with this id, or its payload is gone');
    return await this.test(id, webhook);
  }

  private async assertTarget(target: TargetWish): Promise<void> {
    switch (target.kind) {
      case 'conversation':
        if (!(await this.conversations.find(target.conversationId)))
          throw invalid('target.conversationId: there is no such conversation');
        return;
      case 'chat':
        // An own conversation belongs to one trigger.
        if (target.channel === CONSOLE_CHANNEL || !this.channel.serves(target.channel))
          throw invalid(`target.channel: no bot serves ${target.channel}`);
        return;
      case 'own':
    }
  }
}

function assertCoalesce(rules: CoalesceRules | null): void {
  if (rules && rules.maxWaitMs < rules.quietMs)
    throw invalid('coalesce: maxWaitMs must not be less than quietMs');
}

const unknown = (): GiveUpError => new GiveUpError('TRIGGER_UNKNOWN', 'There is no trigger with this id');

const invalid = (problem: string): GiveUpError => new GiveUpError('TRIGGER_INVALID', problem);

const nameTaken = (): GiveUpError =>
  new GiveUpError('TRIGGER_NAME_TAKEN', 'There is a trigger with this name');
