import { BadRequestException } from '@nestjs/common';
import { ChatId, NO_THREAD, ThreadId } from '../../channel/ids.js';
import type { TriggerDecision } from '../../triggers/rules/evaluate-trigger.js';
import { targetOf, type TriggerTarget } from '../../triggers/rules/trigger-target.js';
import type { NamedTrigger } from '../../triggers/rules/trigger.repository.js';
import type { TargetDto, TriggerDto } from './trigger.dto.js';
import type { TriggerTestResultDto } from './trigger-test.dto.js';

/** @throws BadRequestException unless it names one target */
export function readTarget({ conversationId, channel, chatId, threadId }: TargetDto): TriggerTarget {
  const isChat = channel !== undefined && chatId !== undefined;
  if (conversationId !== undefined && channel === undefined && chatId === undefined && threadId === undefined)
    return { kind: 'conversation', conversationId };
  if (conversationId !== undefined || !isChat)
    throw new BadRequestException('target must have conversationId, or channel and chatId');
  const thread = threadId === undefined ? NO_THREAD : ThreadId(threadId);
  return { kind: 'chat', channel, chatId: ChatId(chatId), threadId: thread };
}

function toTargetDto(target: TriggerTarget): TargetDto {
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
