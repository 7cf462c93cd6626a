/** The user's API keys; of a key itself nothing is kept. */
import { useQuery } from '@tanstack/react-query';
import type { KeyScope } from '../../../src/http/api.ts';
import { get } from '../../api.ts';

export const API_KEYS = ['api-keys'] as const;

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: string | null;
}

export const useApiKeys = () =>
  useQuery({
    queryKey: API_KEYS,
    queryFn: async ({ signal }) => (await get<{ apiKeys: ApiKey[] }>('/api-keys', {}, signal)).apiKeys,
  });
