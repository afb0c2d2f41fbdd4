import { BadRequestException } from '@nestjs/common';
import { storableJson } from '../../inbox/storable-json.js';
import { parseForm } from '../schemes/form-body.js';

/** Deeper bodies are refused: PostgreSQL and templates would have to follow them. */
export const MAX_DEPTH = 64;

const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** A webhook's body as JSON. */
export interface WebhookBody {
  readonly value: unknown;
  /** The same as text that PostgreSQL can store; JSON as it was received. */
  readonly text: string;
}

/**
 * Reads a body: JSON, or a form as an object of its fields, in which a repeated field is an array. Pure.
 * @throws BadRequestException naming the fault
 */
export function readWebhookBody(contentType: string, body: Buffer): WebhookBody {
  return FORM.test(contentType) ? readForm(body) : readJson(body);
}

function readJson(body: Buffer): WebhookBody {
  const received = body.toString('utf8');
  if (depthOf(received) > MAX_DEPTH)
    throw new BadRequestException(`the body is nested deeper than ${MAX_DEPTH} levels`);
  try {
    const value: unknown = JSON.parse(received);
    const text = storableJson(received);
    if (text !== null) return { value, text };
  } catch {
    // Answered below.
  }
  throw new BadRequestException('the body is not JSON');
}

function readForm(body: Buffer): WebhookBody {
  const fields = parseForm(body);
  if (fields === null || fields.length === 0) throw new BadRequestException('the body is not a form');
  const values = new Map<string, string[]>();
  for (const [name, text] of fields) values.set(name, [...(values.get(name) ?? []), text]);
  const value = Object.fromEntries([...values].map(([name, all]) => [name, all.length > 1 ? all : all[0]]));
  const text = storableJson(JSON.stringify(value));
  if (text === null) throw new BadRequestException('the body is not a form');
  return { value, text };
}

/** The deepest nesting of arrays and objects, for text that may be no JSON. Pure; in linear time. */
export function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  // Strings first: brackets in them do not count.
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"?|[[{\]}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
