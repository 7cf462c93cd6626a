/** Who is signed in. */
import { useQuery } from '@tanstack/react-query';
import type { Account } from '../src/http/api.ts';
import { get } from './api.ts';

export const useAccount = () =>
  useQuery({ queryKey: ['account'], queryFn: ({ signal }) => get<Account>('/account', {}, signal) });
