import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  ServiceUnavailableException,
  Sse,
  type MessageEvent,
  ValidationPipe,
} from '@nestjs/common';
import { ApiExcludeController } from '../platform/openapi/api-docs.js';
import type { Observable } from 'rxjs';
import { messageOf } from '../platform/errors/errors.js';
import type { ChatView, SimulatedUser } from './bot-api/chat-log.js';
import { BotApiSimulator } from './bot-api-simulator.js';
import { ChatStreams } from './chat-streams.js';
import { PAGE_SECURITY, PlaygroundPage } from './playground-page.js';
import { SendMessageDto, PressButtonDto } from './visitor.dto.js';

const NAMES = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Linus', 'Margaret', 'Donald'];

/**
 * Serves the page and its API: write and press buttons as a user, see both sides of a chat. `SameSiteGuard` guards it.
 */
@ApiExcludeController()
@Controller('playground')
export class PlaygroundController {
  constructor(
    private readonly page: PlaygroundPage,
    private readonly simulator: BotApiSimulator,
    private readonly streams: ChatStreams,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', PAGE_SECURITY)
  show(): string {
    return this.page.index;
  }

  @Get('playground.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return this.page.style;
  }

  @Get('playground.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return this.page.script;
  }

  @Get('api/chats')
  chats(): { chatId: number; name: string; lastText: string }[] {
    return this.simulator.chats().map(({ chatId, user, messages }) => ({
      chatId,
      name: user.firstName,
      lastText: messages.at(-1)?.text.slice(0, 80) ?? '',
    }));
  }

  @Get('api/chats/:id/messages')
  messages(@Param('id', ParseIntPipe) chatId: number): ChatView {
    const unwritten = { chatId, user: personOf(chatId), messages: [], action: null, draft: null };
    return this.simulator.chat(chatId) ?? unwritten;
  }

  @Sse('api/chats/:id/stream')
  stream(@Param('id', ParseIntPipe) chatId: number): Observable<MessageEvent> {
    return this.streams.openStream(chatId);
  }

  @Post('api/chats/:id/stop')
  @HttpCode(202)
  stop(@Param('id', ParseIntPipe) chatId: number): { updateId: number | null } {
    return { updateId: this.simulator.stopGeneration(chatId)?.update_id ?? null };
  }

  @Post('api/messages')
  @HttpCode(202)
  send(
    @Body(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, expectedType: SendMessageDto }))
    { chatId, text }: SendMessageDto,
  ): { updateId: number } {
    return { updateId: queued(() => this.simulator.say(chatId, personOf(chatId), text)).update_id };
  }

  @Post('api/presses')
  @HttpCode(202)
  press(
    @Body(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, expectedType: PressButtonDto }))
    pressed: PressButtonDto,
  ): { updateId: number } {
    const update = queued(() => this.simulator.press(pressed));
    if (!update) throw new NotFoundException('the message has no such button now');
    return { updateId: update.update_id };
  }
}

/** @throws ServiceUnavailableException when too many updates of the chat wait */
function queued<Result>(add: () => Result): Result {
  try {
    return add();
  } catch (error) {
    throw new ServiceUnavailableException(messageOf(error));
  }
}

/** The same chat is always the same person. */
function personOf(chatId: number): SimulatedUser {
  const firstName = NAMES[chatId % NAMES.length] ?? 'Ada';
  return { firstName, username: `${firstName.toLowerCase()}_${chatId}`, languageCode: 'en' };
}
