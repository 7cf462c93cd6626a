/** The Glass Box: the audit log as a tool, and whether it adds up. */
import { Download } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { apiUrl } from '../../api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { ButtonAnchor } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { Chains } from './chains.tsx';
import { NO_FILTER, useLogFilter, type View } from './filter-state.ts';
import { Filters, MailboxField } from './filters.tsx';
import { Log } from './log.tsx';
import { ReconciliationView } from './reconciliation.tsx';

const TAB =
  'border-b-2 border-transparent px-1 pb-2 text-sm font-medium text-muted hover:text-ink data-[state=active]:border-accent data-[state=active]:text-accent';

export default function GlassBox() {
  const { filter, view, query, change, show, clear } = useLogFilter();
  const known = useMailboxes();
  const mailboxes = known.data ?? [];
  const csv = (
    <ButtonAnchor href={apiUrl('/audit.csv', { ...query, chain: true })} download>
      <Download aria-hidden className="size-4" />
      {glassBoxTexts.export}
    </ButtonAnchor>
  );
  return (
    <Page title={glassBoxTexts.title} intro={glassBoxTexts.intro} actions={view === 'log' && csv}>
      <Tabs.Root value={view} onValueChange={(next) => show(next as View)} activationMode="manual">
        <Tabs.List aria-label={glassBoxTexts.views.label} className="flex gap-6 border-b border-line">
          <Tabs.Trigger value="log" className={TAB}>
            {glassBoxTexts.views.log}
          </Tabs.Trigger>
          <Tabs.Trigger value="reconciliation" className={TAB}>
            {glassBoxTexts.views.reconciliation}
          </Tabs.Trigger>
          <Tabs.Trigger value="chain" className={TAB}>
            {glassBoxTexts.views.chain}
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="log" tabIndex={-1} className="space-y-6 pt-6">
          <Filters filter={filter} mailboxes={mailboxes} change={change} clear={clear} />
          <Log
            query={query}
            isFiltered={JSON.stringify(filter) !== JSON.stringify(NO_FILTER)}
            mailboxes={mailboxes}
            change={change}
            clear={clear}
          />
        </Tabs.Content>
        <Tabs.Content value="reconciliation" tabIndex={-1} className="space-y-6 pt-6">
          <div className="max-w-xs">
            <MailboxField filter={filter} mailboxes={mailboxes} change={change} />
          </div>
          {known.data === undefined && known.error ? (
            <ErrorState error={known.error} onRetry={() => void known.refetch()} />
          ) : (
            <ReconciliationView query={query} mailboxes={known.data} />
          )}
        </Tabs.Content>
        <Tabs.Content value="chain" tabIndex={-1} className="space-y-6 pt-6">
          {known.data === undefined && known.error ? (
            <ErrorState error={known.error} onRetry={() => void known.refetch()} />
          ) : (
            <Chains mailboxes={known.data} />
          )}
        </Tabs.Content>
      </Tabs.Root>
    </Page>
  );
}
