import { BadRequestException } from '@nestjs/common';
import { ChatId, NO_THREAD, ThreadId } from '../../channel/ids.js';
import { coalesceOf } from '../../triggers/coalescing/coalesce-rules.js';
import type { TriggerDecision } from '../../triggers/rules/evaluate-trigger.js';
import { isOwn, targetOf, type TargetWish, type TriggerTarget } from '../../triggers/rules/trigger-target.js';
import type { NamedTrigger } from '../../triggers/rules/trigger.repository.js';
import { readTerms } from '../../triggers/turn-terms.js';
import type { TargetDto, TriggerDto } from './trigger.dto.js';
import type { TriggerTestResultDto } from './trigger-test.dto.js';

/** @throws BadRequestException unless it names one target */
export function readTarget({ own, ...place }: TargetDto): TargetWish {
  if (own === undefined) return readPlace(place);
  if (Object.values(place).some((field) => field !== undefined))
    throw new BadRequestException('target must have own alone');
  return { kind: 'own' };
}

function readPlace({ conversationId, channel, chatId, threadId }: Omit<TargetDto, 'own'>): TriggerTarget {
  const isChat = channel !== undefined && chatId !== undefined;
  if (conversationId !== undefined && channel === undefined && chatId === undefined && threadId === undefined)
    return { kind: 'conversation', conversationId };
  if (conversationId !== undefined || !isChat)
    throw new BadRequestException('target must have conversationId, or channel and chatId, or own');
  const thread = threadId === undefined ? NO_THREAD : ThreadId(threadId);
  return { kind: 'chat', channel, chatId: ChatId(chatId), threadId: thread };
}

function toTargetDto(target: TriggerTarget): TargetDto {
  if (isOwn(target)) return { own: true };
  switch (target.kind) {
    case 'conversation':
      return { conversationId: target.conversationId };
    case 'chat': {
      const { channel, chatId, threadId } = target;
      return { channel, chatId, ...(threadId !== NO_THREAD && { threadId }) };
    }
  }
}

export function toTriggerDto(trigger: NamedTrigger): TriggerDto {
  const { id, name, source, filter, key, prompt, instruction, enabled, createdAt } = trigger;
  return {
    id,
    name,
    source: source.name,
    filter,
    key,
    prompt,
    instruction,
    target: toTargetDto(targetOf(trigger)),
    enabled,
    coalesce: coalesceOf(trigger),
    ...readTerms(trigger.terms),
    createdAt: createdAt.toISOString(),
  };
}

export function toTestResult(decision: TriggerDecision): TriggerTestResultDto {
  switch (decision.kind) {
    case 'accepted':
      return { result: 'accepted', code: null, reason: null, key: decision.key, text: decision.text };
    case 'filtered':
    case 'failed':
      return { result: decision.kind, code: decision.code, reason: decision.reason, key: null, text: null };
  }
}
