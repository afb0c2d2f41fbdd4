import { GiveUpError } from '../../../platform/errors/errors.js';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The URL of a page as WHATWG reads it, so every spelling of an address (decimal, octal, fullwidth, …) has its usual
 * form from here on.
 * @param base of a relative one: the page that redirects
 * @throws GiveUpError `FETCH_URL_REFUSED`, `FETCH_PORT_REFUSED`
 */
export function readPageUrl(text: string, ports: ReadonlySet<number>, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw new GiveUpError(
      'FETCH_URL_REFUSED',
      'This is not a URL. Give an absolute one, e.g. "https://example.com/".',
    );
  }
  const url = new URL(text, base);
  if (DEFAULT_PORTS[url.protocol] === undefined) {
    throw new GiveUpError('FETCH_URL_REFUSED', 'Only http and https URLs can be fetched.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new GiveUpError('FETCH_URL_REFUSED', 'A URL with a user name or a password is not fetched.');
  }
  if (!ports.has(portOf(url))) {
    throw new GiveUpError('FETCH_PORT_REFUSED', `Only the ports ${[...ports].join(', ')} can be reached.`);
  }
  return url;
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port);
}
