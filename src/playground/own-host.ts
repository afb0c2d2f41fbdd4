import { isIP } from 'node:net';

/**
 * Whether a request's `Host` names this machine in a way that no stranger can arrange: an IP address, `localhost`, or the
 * name that HOST gives. Any other name may be of a site whose owner has it resolve to this machine ("DNS rebinding"); to
 * the browser its page then comes from here. Pure.
 */
export function isOwnHost(host: string | undefined, listensOn: string): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) > 0) return true;
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === listensOn.toLowerCase();
}

/** Whether only this machine reaches who listens there. Pure. */
export function isLoopback(listensOn: string): boolean {
  return (
    listensOn === 'localhost' ||
    listensOn === '::1' ||
    (isIP(listensOn) === 4 && listensOn.startsWith('127.'))
  );
}
