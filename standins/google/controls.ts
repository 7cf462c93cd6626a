/** /standin/…: for tests and benchmarks that run in other processes. Loopback only, like everything here. */
import { type Call, readBody, sendJson } from './answer.ts';
import type { FaultRule } from './faults.ts';
import { accountOf, createGrant, issueAccessToken } from './grants.ts';
import type { QuotaLimits } from './quotas.ts';
import { INSERT_SCOPE } from './scopes.ts';
import type { State } from './state.ts';

export interface FaultOrder {
  /** Forget the rules given before. */
  readonly clear?: boolean;
  readonly rules?: readonly FaultRule[];
  readonly delayMs?: number;
  readonly quotas?: QuotaLimits;
  /** Let the held commits happen. */
  readonly release?: boolean;
  /** End every upload session: they answer 404. */
  readonly forgetSessions?: boolean;
}

export interface IssuedGrant {
  readonly sub: string;
  readonly email: string;
  readonly refreshToken: string;
  readonly accessToken: string;
}

/** A grant without the walk through the consent page. */
export function grantDirectly(
  state: State,
  email: string,
  scopes: readonly string[] = ['openid', 'https://www.googleapis.com/auth/userinfo.email', INSERT_SCOPE],
): IssuedGrant {
  const account = accountOf(state, email);
  const grant = createGrant(state, account, scopes, true);
  return {
    sub: account.sub,
    email,
    refreshToken: grant.refreshToken ?? '',
    accessToken: issueAccessToken(state, grant),
  };
}

export function obey(state: State, order: FaultOrder): void {
  if (order.clear) state.faults.clear();
  for (const rule of order.rules ?? []) state.faults.add(rule);
  if (order.delayMs !== undefined) state.faults.delayMs = order.delayMs;
  if (order.quotas) state.quotas.limits = order.quotas;
  if (order.release) for (const commit of state.held.splice(0)) commit();
  if (order.forgetSessions) state.sessions.clear();
}

export async function answerControl(call: Call): Promise<void> {
  const { state, request, url } = call;
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /standin/messages': {
      const account = url.searchParams.get('account');
      const own = account === null ? state.messages : state.messages.filter((one) => one.account === account);
      return sendJson(call, 200, { messages: own.map(({ raw: _, ...facts }) => facts) });
    }
    case 'GET /standin/log':
      return sendJson(call, 200, { log: state.log });
    case 'GET /standin/grants':
      return sendJson(call, 200, { grants: [...state.grants.values()].map(({ account }) => account.email) });
    case 'POST /standin/faults':
      obey(state, JSON.parse((await readBody(request, 1_048_576)).toString()) as FaultOrder);
      return sendJson(call, 200, {});
    case 'POST /standin/grants': {
      const { email, scopes } = JSON.parse((await readBody(request, 65_536)).toString());
      return sendJson(call, 200, grantDirectly(state, String(email), scopes));
    }
    default:
      return sendJson(call, 404, { error: 'not found' });
  }
}
