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
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
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
  @ApiOperation({
    summary: 'List conversations, the one with the newest message first',
    description:
      'A page of a search may hold fewer than `limit`, even none, and still have a `nextCursor`: go on until it is null.',
  })
  @ApiOkResponse({ type: ConversationPage })
  list(@Query() query: ConversationQuery): Promise<ConversationPage> {
    return this.conversations.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Show one conversation',
    description: 'With what is set for it alone: model, prompt, busy mode, tools.',
  })
  @ApiOkResponse({ type: ConversationDetailDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<ConversationDetailDto> {
    return this.conversations.get(id);
  }

  @Patch(':id')
  @ApiOperation({
    summary:
      'Pause, block or reactivate a conversation, or give it a model, a prompt or a busy mode of its own',
    description:
      'What is not named stays, and null takes an override back. At least one field has to be named.',
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
  @ApiOperation({
    summary: 'Erase a conversation and everything that was said in it',
    description:
      'From the first moment on it is in no listing. The answer comes when everything is gone; asked for again meanwhile, it is answered with 404.',
  })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  erase(@Param('id', KnownIdPipe) id: string): Promise<void> {
    return this.conversations.erase(id);
  }

  @Get(':id/messages')
  @ApiOperation({
    summary: 'List the messages of a conversation',
    description: 'Each with what became of its sending.',
  })
  @ApiOkResponse({ type: MessagePage })
  @ApiNotFoundResponse()
  messages(@Param('id', KnownIdPipe) id: string, @Query() query: MessageQuery): Promise<MessagePage> {
    return this.conversations.messages(id, query);
  }

  @Post(':id/messages')
  @ApiOperation({
    summary: 'Speak as the bot',
    description:
      'The text is kept as the operator’s message and sent in its turn. A request that is sent again says it again, but with the same Idempotency-Key.',
  })
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
  @ApiOperation({
    summary: 'Download the whole history: one JSON object a line, the conversation first',
    description:
      'It is sent while it is read. Where that fails on the way the connection breaks, and the file is not whole.',
  })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiNotFoundResponse()
  export(@Param('id', KnownIdPipe) id: string): Promise<StreamableFile> {
    return this.conversations.export(id);
  }
}
