// The addresses that Telegram accepts in a `text_link`. It refuses a whole message for one wrong address, so the rule
// is narrow: http and https with a dotted host, and tg.

// Past this a link is shown as text: Telegram bounds the size of a message's entities altogether.
const MAX_URL_LENGTH = 2048;
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const TG = /^tg:\/\/[a-z0-9_-]+(?:[/?][\x21-\x7e]*)?$/;

/**
 * The address in the form of a `text_link`, or null if it has to be shown as text: another scheme, no dotted host, or
 * `tg://user`, which would mention a person who did not ask for it.
 */
export function linkableUrl(href: string): string | null {
  if (href.length > MAX_URL_LENGTH) return null;
  if (/^tg:/i.test(href)) return TG.test(href) && !href.startsWith('tg://user') ? href : null;
  if (!/^https?:\/\//i.test(href) || !URL.canParse(href)) return null;
  const url = new URL(href);
  const fits = HOST.test(url.hostname) && url.port !== '0' && url.href.length <= MAX_URL_LENGTH;
  return fits ? url.href : null;
}
