/** The types of notifications: `data` of each is in docs/notifications.md. Stable. */
export const notificationTypes = [
  'turn.finished',
  'reply.sent',
  'dead_letter.created',
  'approval.needed',
  'budget.passed',
  'source.failing',
  'backlog.old',
  'bot.unreachable',
  'endpoint.disabled',
] as const;
export type NotificationType = (typeof notificationTypes)[number];

/** The type of a notification that an operator sends to one endpoint to try it. No endpoint names it. */
export const TEST_TYPE = 'endpoint.test';
