/**
 * The failure of a Telegram call. `before` and `after`: its effect. `page`: a gateway's HTML. `late`: the connection
 * breaks, and the call has its effect some time after that.
 */
export type ProxyFault =
  'limited' | 'error' | 'page-before' | 'page-after' | 'reset-before' | 'reset-after' | 'hang-after' | 'late';

/** Whether the caller cannot know the outcome of its call. */
export function leavesUnknown(fault: ProxyFault): boolean {
  switch (fault) {
    case 'limited':
    case 'error':
      return false;
    case 'page-before':
    case 'page-after':
    case 'reset-before':
    case 'reset-after':
    case 'hang-after':
    case 'late':
      return true;
  }
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const refusal = (
  status: number,
  description: string,
  parameters?: Readonly<Record<string, number>>,
): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify({ ok: false, error_code: status, description, ...(parameters && { parameters }) }),
});

const page = (status: number): Answer => ({
  status,
  type: 'text/html',
  body: `<html><body><h1>${status}</h1></body></html>`,
});

/** The answer that a caller gets instead of the true one. */
export const answers = {
  limited: refusal(429, 'Too Many Requests: retry after 1', { retry_after: 1 }),
  error: refusal(500, 'Internal Server Error'),
  'page-before': page(502),
  'page-after': page(504),
  moved: (to: number): Answer =>
    refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: to }),
};
