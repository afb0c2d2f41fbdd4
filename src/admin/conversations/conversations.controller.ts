import {
  Body,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  type StreamableFile,
} from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import { AdminApi } from '../admin-api.decorator.js';
import {
  ConversationChange,
  ConversationDetailDto,
  ConversationPage,
  ConversationQuery,
} from './conversation.dto.js';
import { ConversationsService } from './conversations.service.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { MessageDto, MessagePage, MessageQuery } from './message.dto.js';
import { OperatorMessageDto, readIdempotencyKey } from './operator-message.dto.js';

@AdminApi('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  @ApiOperation({ summary: 'List conversations, the one with the newest message first' })
  @ApiOkResponse({ type: ConversationPage })
  list(@Query() query: ConversationQuery): Promise<ConversationPage> {
    return this.conversations.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show one conversation' })
  @ApiOkResponse({ type: ConversationDetailDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<ConversationDetailDto> {
    return this.conversations.get(id);
  }

  @Patch(':id')
  @ApiOperation({
    summary:
      'Pause, block or reactivate a conversation, or give it a model, a prompt or a busy mode of its own',
  })
  @ApiOkResponse({ type: ConversationDetailDto })
  @ApiNotFoundResponse()
  change(
    @Param('id', KnownIdPipe) id: string,
    @Body() change: ConversationChange,
  ): Promise<ConversationDetailDto> {
    return this.conversations.change(id, change);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Erase a conversation and everything that was said in it' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  erase(@Param('id', KnownIdPipe) id: string): Promise<void> {
    return this.conversations.erase(id);
  }

  @Get(':id/messages')
  @ApiOperation({ summary: 'List the messages of a conversation' })
  @ApiOkResponse({ type: MessagePage })
  @ApiNotFoundResponse()
  messages(@Param('id', KnownIdPipe) id: string, @Query() query: MessageQuery): Promise<MessagePage> {
    return this.conversations.messages(id, query);
  }

  @Post(':id/messages')
  @ApiOperation({ summary: 'Speak as the bot' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key in the same conversation says it once, and is answered with the same message',
  })
  @ApiCreatedResponse({ type: MessageDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The conversation is blocked' })
  @ApiUnprocessableEntityResponse({ description: 'The Idempotency-Key was used for another text' })
  say(
    @Param('id', KnownIdPipe) id: string,
    @Body() { text }: OperatorMessageDto,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<MessageDto> {
    return this.conversations.say(id, text, readIdempotencyKey(key));
  }

  @Get(':id/export')
  @ApiOperation({ summary: 'Download the whole history: one JSON object a line, the conversation first' })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiNotFoundResponse()
  export(@Param('id', KnownIdPipe) id: string): Promise<StreamableFile> {
    return this.conversations.export(id);
  }
}
