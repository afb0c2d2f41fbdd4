import { Injectable } from '@nestjs/common';
import type { Rights } from '../../channel/channel.js';
import type { Inbound } from '../../channel/inbound.js';
import { BusySettings } from '../../config/busy.settings.js';
import { MAX_CONTEXT_MESSAGES } from '../../config/group.settings.js';
import type { BusyMode, Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { OverheardRepository } from '../../memory/overheard.repository.js';
import type { Texts } from '../../texts/texts.js';
import { Backgrounds } from '../context/background.repository.js';
import { readMode, readSetting } from './read-setting.js';

/** A command that shows or changes settings, and where it has its effect. */
export interface SettingsRequest {
  readonly tx: Prisma.TransactionClient;
  readonly conversationId: string;
  readonly inbound: Inbound;
  readonly rights: Rights;
}

/** Does it depend on who runs the chat what becomes of this? Pure. */
export function needsRights({ chat, command, press }: Inbound): boolean {
  if (chat.type === 'private') return false;
  if (press !== null) return true;
  return command !== null && command.args !== '' && (command.name === 'mode' || command.name === 'settings');
}

/** /mode and /settings: anybody sees how a chat has it; in a group its admins change it. */
@Injectable()
export class ChatSettings {
  constructor(
    private readonly conversations: ConversationRepository,
    private readonly overheard: OverheardRepository,
    private readonly backgrounds: Backgrounds,
    private readonly busy: BusySettings,
  ) {}

  async mode(request: SettingsRequest, args: string, texts: Texts): Promise<string> {
    if (args !== '') {
      const mode = readMode(args);
      if (mode === null) return texts.modeUnknown;
      const refusal = refusalOf(request, texts);
      if (refusal !== null) return refusal;
      await this.conversations.setBusyMode(request.tx, request.conversationId, mode);
    }
    return texts.mode(await this.modeOf(request));
  }

  async settings(request: SettingsRequest, args: string, texts: Texts): Promise<string> {
    const { tx, conversationId, inbound } = request;
    const wanted = readSetting(args);
    if (wanted === null) return texts.settings.usage(MAX_CONTEXT_MESSAGES);
    if (wanted.kind !== 'show') {
      if (inbound.chat.type === 'private' && wanted.kind !== 'mode') return texts.settings.groupsOnly;
      const refusal = refusalOf(request, texts);
      if (refusal !== null) return refusal;
      if (wanted.kind === 'mode') await this.conversations.setBusyMode(tx, conversationId, wanted.mode);
      else await this.changeListening(tx, conversationId, wanted);
    }
    const mode = await this.modeOf(request);
    if (inbound.chat.type === 'private') return texts.mode(mode);
    const chosen = await tx.conversation.findUniqueOrThrow({ where: { id: conversationId } });
    return texts.settings.shown({
      mode,
      answers: chosen.answersAll ? 'all' : 'mentioned',
      window: this.overheard.windowOf(chosen),
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
    await this.overheard.trim(tx, id);
    await this.backgrounds.forgetEnded(tx, id);
  }

  private async modeOf({ tx, conversationId }: SettingsRequest): Promise<BusyMode> {
    return (await this.conversations.busyMode(tx, conversationId)) ?? this.busy.mode;
  }
}

/** What who may not change anything is told; null for who may. */
function refusalOf({ inbound, rights }: SettingsRequest, { settings }: Texts): string | null {
  if (inbound.chat.type === 'private' || rights === 'admin') return null;
  return rights === 'member' ? settings.adminsOnly : settings.notChecked;
}
