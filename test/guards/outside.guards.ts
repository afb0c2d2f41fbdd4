import type { Guard } from './guard.js';

/** What text from outside, and people who are not to be trusted, may not lead to. */
export const outsideGuards: readonly Guard[] = [
  {
    id: 'outside/link-previews',
    kind: 'condition',
    promises: [],
    keeps: 'A link in what the bot says is fetched by nobody before somebody clicks on it',
    without: {
      file: 'src/telegram/bot-api/bot-api.ts',
      within: 'private rawApi(',
      find: 'if (!this.settings.linkPreviews) api.config.use(withoutLinkPreviews);',
    },
    spec: 'src/telegram/bot-api/link-previews.spec.ts',
    test: 'is not fetched by Telegram, whichever way it is said',
  },
];
