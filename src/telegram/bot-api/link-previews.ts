import type { RawApi, Transformer } from 'grammy';
import { fieldOf } from '../updates/update-fields.js';

/** https://core.telegram.org/bots/api#linkpreviewoptions */
const OFF = { link_preview_options: { is_disabled: true } } as const;

/** The methods whose parameters say what becomes of the links in a text, by grammY's types. */
type Previewing = {
  [Method in keyof RawApi]: 'link_preview_options' extends keyof NonNullable<Parameters<RawApi[Method]>[0]>
    ? Method
    : never;
}[keyof RawApi];

/** Does not compile once there is a further one. */
const previewing: ReadonlySet<string> = new Set(
  Object.keys({
    sendMessage: true,
    editMessageText: true,
    editEphemeralMessageText: true,
  } satisfies Record<Previewing, true>),
);

/**
 * Switches the preview of links off in every call that may bring a text with one: a preview is fetched as soon as the
 * message is sent, so a link that somebody smuggled into an answer would tell its server what stands in it, without a click.
 * As a transformer of grammY it is behind all callers, so none can forget it.
 */
export const withoutLinkPreviews: Transformer = (call, method, payload, signal) => {
  if (previewing.has(method)) return call(method, Object.assign({}, payload, OFF), signal);
  // The only one of ours whose text stands deeper.
  if (method !== 'answerGuestQuery') return call(method, payload, signal);
  const result = fieldOf(payload, 'result');
  const content = Object.assign({}, fieldOf(result, 'input_message_content'), OFF);
  const quiet = { result: Object.assign({}, result, { input_message_content: content }) };
  return call(method, Object.assign({}, payload, quiet), signal);
};
