import { IsIn } from 'class-validator';
import { flag, FromEnv } from '../../platform/config/variable.js';

const modes = ['edit', 'draft', 'off'] as const;

export class StreamingSettings {
  @FromEnv('AGENT_STREAMING', {
    description:
      'show an answer while it is written: edit (or true) by editing one message, draft as a draft in private chats (groups as edit); false: send it when it is whole',
    example: 'edit',
    parse: (text) => {
      const value = flag(text);
      if (typeof value === 'boolean') return value ? 'edit' : 'off';
      return text.trim().toLowerCase();
    },
  })
  @IsIn(modes)
  mode: (typeof modes)[number] = 'edit';

  /** Shown as a preview in private chats, on a channel that has previews: Telegram's are its drafts. */
  get prefersPreviews(): boolean {
    return this.mode === 'draft';
  }

  get enabled(): boolean {
    return this.mode !== 'off';
  }
}
