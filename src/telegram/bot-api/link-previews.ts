import type { RawApi, Transformer } from 'grammy/web';
import { fieldOf } from './update-fields.js';

/** https://core.telegram.org/bots/api#linkpreviewoptions */
const OFF = { link_preview_options: { is_disabled: true } } as const;

/** The methods whose parameters have link preview options, by grammY's types. */
type Previewing = {
  [Method in keyof RawApi]: 'link_preview_options' extends keyof NonNullable<Parameters<RawApi[Method]>[0]>
    ? Method
    : never;
}[keyof RawApi];

/** Fails to compile when there is a new one. */
const previewing: ReadonlySet<string> = new Set(
  Object.keys({
    sendMessage: true,
    editMessageText: true,
    editEphemeralMessageText: true,
  } satisfies Record<Previewing, true>),
);

/**
 * Disables link previews in every call that may carry a text: Telegram fetches a preview as soon as the message is
 * sent, so an injected link would leak its contents to its server without a click. As a transformer of grammY it
 * applies to all callers.
 */
export const withoutLinkPreviews: Transformer = (call, method, payload, signal) => {
  if (previewing.has(method)) return call(method, Object.assign({}, payload, OFF), signal);
  // The only method whose text is nested deeper.
  if (method !== 'answerGuestQuery') return call(method, payload, signal);
  const result = fieldOf(payload, 'result');
  const content = Object.assign({}, fieldOf(result, 'input_message_content'), OFF);
  const quiet = { result: Object.assign({}, result, { input_message_content: content }) };
  return call(method, Object.assign({}, payload, quiet), signal);
};
