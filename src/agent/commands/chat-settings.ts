import { Injectable } from '@nestjs/common';
import type { Rights } from '../../channel/capabilities.js';
import type { Inbound } from '../../channel/inbound.js';
import { BusySettings } from '../turns/busy.settings.js';
import { MAX_CONTEXT_MESSAGES } from '../../memory/group.settings.js';
import type { BusyMode, Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { GroupContextRepository } from '../../memory/group-context.repository.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import { TurnGroupContextRepository } from '../context/turn-group-context.repository.js';
import { readMode, readSetting } from './read-setting.js';

/** A command that shows or changes settings, and its conversation. */
export interface SettingsRequest {
  readonly tx: Prisma.TransactionClient;
  readonly conversationId: string;
  readonly inbound: Inbound;
  readonly rights: Rights;
}

/** Whether the effect depends on the sender's role in the chat. Pure. */
export function needsRights(inbound: Inbound): boolean {
  if (inbound.chat.type === 'private') return false;
  if (inbound.kind !== 'command') return inbound.kind === 'press';
  const { name, args } = inbound.command;
  return args !== '' && (name === 'mode' || name === 'settings');
}

/** /mode and /settings: every member sees the chat's settings; in a group its admins change them. */
@Injectable()
export class ChatSettings {
  constructor(
    private readonly conversations: ConversationRepository,
    private readonly groupContext: GroupContextRepository,
    private readonly turnGroupContext: TurnGroupContextRepository,
    private readonly busy: BusySettings,
  ) {}

  async mode(request: SettingsRequest, args: string, i18n: I18n): Promise<string> {
    if (args !== '') {
      const mode = readMode(args);
      if (mode === null) return i18n.modeUnknown;
      const refusal = refusalOf(request, i18n);
      if (refusal !== null) return refusal;
      await this.conversations.setBusyMode(request.tx, request.conversationId, mode);
    }
    return i18n.mode(await this.modeOf(request));
  }

  async settings(request: SettingsRequest, args: string, i18n: I18n): Promise<string> {
    const { tx, conversationId, inbound } = request;
    const wanted = readSetting(args);
    if (wanted === null) return i18n.settings.usage(MAX_CONTEXT_MESSAGES);
    if (wanted.kind !== 'show') {
      if (inbound.chat.type === 'private' && wanted.kind !== 'mode') return i18n.settings.groupsOnly;
      const refusal = refusalOf(request, i18n);
      if (refusal !== null) return refusal;
      if (wanted.kind === 'mode') await this.conversations.setBusyMode(tx, conversationId, wanted.mode);
      else await this.changeListening(tx, conversationId, wanted);
    }
    const mode = await this.modeOf(request);
    if (inbound.chat.type === 'private') return i18n.mode(mode);
    const chosen = await tx.conversation.findUniqueOrThrow({ where: { id: conversationId } });
    return i18n.settings.shown({
      mode,
      answers: chosen.answersAll ? 'all' : 'mentioned',
      window: this.groupContext.windowOf(chosen),
      most: MAX_CONTEXT_MESSAGES,
    });
  }

  private async changeListening(
    tx: Prisma.TransactionClient,
    id: string,
    wanted: { kind: 'window'; messages: number } | { kind: 'answer'; all: boolean },
  ): Promise<void> {
    const data = wanted.kind === 'window' ? { contextMessages: wanted.messages } : { answersAll: wanted.all };
    await tx.conversation.update({ where: { id }, data, select: { id: true } });
    await this.groupContext.trim(tx, id);
    await this.turnGroupContext.forgetEnded(tx, id);
  }

  private async modeOf({ tx, conversationId }: SettingsRequest): Promise<BusyMode> {
    return (await this.conversations.busyMode(tx, conversationId)) ?? this.busy.mode;
  }
}

/** The answer for a sender who may not change settings; null for one who may. */
function refusalOf({ inbound, rights }: SettingsRequest, { settings }: I18n): string | null {
  if (inbound.chat.type === 'private' || rights === 'admin') return null;
  return rights === 'member' ? settings.adminsOnly : settings.notChecked;
}
