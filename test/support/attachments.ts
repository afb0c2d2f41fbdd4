import { AttachmentRepository } from '../../src/agent/attachments/attachment.repository.js';
import { Attachments } from '../../src/agent/attachments/attachments.service.js';
import { FileReader } from '../../src/agent/attachments/file-reader.js';
import { Transcriber } from '../../src/agent/attachments/transcriber.js';
import { TokenCounter } from '../../src/agent/context/token-counter.js';
import type { Channel } from '../../src/channel/channel.js';
import type { AgentSettings } from '../../src/config/agent.settings.js';
import { BudgetSettings } from '../../src/config/budget.settings.js';
import type { ModelSettings } from '../../src/config/model.settings.js';
import { TranscriptionSettings } from '../../src/config/transcription.settings.js';
import type { Room } from './room.js';

/** What reads the files of a turn's messages, over a real database. */
export function attachmentsOver(
  { prisma, leases }: Room,
  channel: Channel,
  models: ModelSettings,
  agent: AgentSettings,
  wishes: Partial<TranscriptionSettings> = {},
): Attachments {
  const transcription = Object.assign(new TranscriptionSettings(), wishes);
  const transcriber = new Transcriber(transcription, models);
  const tokens = new TokenCounter();
  const budget = new BudgetSettings();
  const reader = new FileReader(channel, transcriber, tokens, agent, models, transcription, budget);
  return new Attachments(reader, new AttachmentRepository(prisma, leases, budget));
}
