import { Module } from '@nestjs/common';
import { ConversationRepository } from './conversation.repository.js';
import { FactsRepository } from './facts.repository.js';
import { MessageSearchRepository } from './message-search.repository.js';
import { MessageRepository } from './message.repository.js';
import { GroupContextRepository } from './group-context.repository.js';
import { PersonRepository } from './person.repository.js';
import { PersonToolsRepository } from './person-tools.repository.js';

const repositories = [
  ConversationRepository,
  MessageRepository,
  MessageSearchRepository,
  FactsRepository,
  GroupContextRepository,
  PersonRepository,
  PersonToolsRepository,
];

@Module({ providers: repositories, exports: repositories })
export class MemoryModule {}
