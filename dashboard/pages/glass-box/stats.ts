/** The figures of what is shown. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { AuditStats } from '../../../src/http/api.ts';
import { get } from '../../api.ts';
import { formatBytes, formatNumber } from '../../texts/format.ts';
import { STATUSES } from '../../texts/reasons.ts';
import type { AuditQuery } from './filter-state.ts';

export const useAuditStats = (query: AuditQuery) =>
  useQuery({
    queryKey: ['audit-stats', query],
    queryFn: ({ signal }) => get<AuditStats>('/audit/stats', { ...query }, signal),
    // The chart keeps its place while another period is fetched.
    placeholderData: keepPreviousData,
  });

export type Measure = 'messages' | 'bytes';

export const totalOf = (tallies: AuditStats['total'], measure: Measure): number =>
  STATUSES.reduce((sum, status) => sum + tallies[status][measure], 0);

export const formatMeasure = (value: number, measure: Measure): string =>
  measure === 'bytes' ? formatBytes(value) : formatNumber(value);
