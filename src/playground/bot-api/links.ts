const ADDRESS = /^(?:([a-z0-9+.-]*):\/\/)?([^/?#]*)/i;

/**
 * The reason why Telegram refuses this address in a `text_link`, or null if it accepts it: http, https, tg and ton, and
 * a host with a dot in it. (TDLib, LinkManager::get_checked_link)
 */
export function linkProblem(url: string): string | null {
  if (/^(tg|ton|tonsite):\/\//i.test(url)) return null;
  const [, protocol, authority = ''] = ADDRESS.exec(url.trim()) ?? [];
  if (protocol !== undefined && !/^https?$/i.test(protocol)) return 'Unsupported URL protocol';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (/^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return null;
  return /^[^\s.:]+(\.[^\s.:]+)+\.?(:\d{1,5})?$/u.test(host) ? null : 'Wrong HTTP URL';
}
