/** Calls of the API over HTTP: who calls, whether it is a repetition, and the log. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, parseParams, refuse } from './answer.ts';
import { answerApi } from './api.ts';
import type { Answered, State } from './state.ts';

const LOG_LIMIT = 5_000;

export function answerCall(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): void {
  const method = request.method ?? '';
  const key = method === 'POST' ? String(request.headers['idempotency-key'] ?? '') : '';
  const path = url.pathname;
  const before = state.answered.get(key);
  const answer =
    refusalOf(state, request) ?? replayOf(before, path, body) ?? callOf(state, method, url, body);
  if (key !== '' && before === undefined && answer.status < 500 && answer.status !== 401)
    state.answered.set(key, { path, body, status: answer.status, answer: answer.body });
  if (state.log.length >= LOG_LIMIT) state.log.splice(0, LOG_LIMIT / 2);
  state.log.push({ method, path, body, status: answer.status });
  response.writeHead(answer.status, {
    'Content-Type': 'application/json',
    'Request-Id': `req_${state.log.length}`,
    ...(before && { 'Idempotent-Replayed': 'true' }),
  });
  response.end(JSON.stringify(answer.body));
}

const callOf = (state: State, method: string, url: URL, body: string): Answer =>
  answerApi(state, method, url.pathname, parseParams(method === 'POST' ? body : url.search));

function refusalOf(state: State, request: IncomingMessage): Answer | null {
  if (state.outage) return refuse(503, { type: 'api_error', message: 'An error occurred on our end.' });
  const { authorization = '' } = request.headers;
  if (authorization === `Bearer ${state.settings.secretKey}`) return null;
  const message = authorization === '' ? 'You did not provide an API key.' : 'Invalid API Key provided.';
  return refuse(401, { type: 'invalid_request_error', message });
}

/** https://docs.stripe.com/api/idempotent_requests */
function replayOf(before: Answered | undefined, path: string, body: string): Answer | null {
  if (!before) return null;
  if (before.path === path && before.body === body) return { status: before.status, body: before.answer };
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with.';
  return refuse(400, { type: 'idempotency_error', message });
}
