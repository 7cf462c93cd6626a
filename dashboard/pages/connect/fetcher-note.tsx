/** For whoever knows Gmail's own fetcher: the same choices, and why the two must not run side by side. */
import { connect } from '../../texts/connect.ts';
import { Banner } from '../../ui/banner.tsx';

/** `open`: what is chosen makes the overlap likely, so that it is shown without being asked for. */
export function FetcherNote({ open = false }: { open?: boolean }) {
  const { fetcher } = connect;
  return (
    <details open={open} className="group rounded-xl border border-line bg-surface">
      <summary className="cursor-pointer rounded-xl px-5 py-4 text-sm font-medium">{fetcher.title}</summary>
      <div className="space-y-4 px-5 pb-5 text-sm">
        <p>{fetcher.intro}</p>
        <dl className="space-y-3">
          {fetcher.choices.map(({ old, here }) => (
            <div key={old}>
              <dt className="font-medium">{old}</dt>
              <dd className="text-muted">{here}</dd>
            </div>
          ))}
        </dl>
        <Banner tone="rejected" title={fetcher.overlapTitle}>
          <p className="mt-1">{fetcher.overlap}</p>
        </Banner>
      </div>
    </details>
  );
}
